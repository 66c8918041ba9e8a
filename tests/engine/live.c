/*
 * Asks the installed libwrap as a daemon would, for what one question to hosts_ctl cannot show:
 * several questions of one process, and a real connection.
 *
 *   live calls ALLOW DENY DAEMON...          asks about each daemon in turn, from 1.2.3.4; prints
 *                                            "granted" or "denied" for each
 *   live socket ALLOW DENY DAEMON FAMILY SOURCE
 *                                            takes one connection on loopback and asks about it;
 *                                            prints VERDICT LOOKUPS ADDR NAME USER, separated by
 *                                            tabs, or "gone" if asking ended the process; behind
 *                                            that line what the visitor got to read
 *
 * FAMILY is 4, or m for an IPv4 visitor of an IPv6 socket. LOOKUPS counts the look-ups of the
 * visitor's name that the question cost; NAME is "-" if there was none.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <tcpd.h>

int allow_severity = LOG_INFO;
int deny_severity = LOG_WARNING;

static int lookups;

/* Nothing goes to the machine's log, and nobody waits for clean_exit(). */
void syslog(int priority, const char *format, ...) { (void) priority; (void) format; }
void vsyslog(int priority, const char *format, va_list list) { (void) priority; (void) format; (void) list; }
unsigned int sleep(unsigned int seconds) { (void) seconds; return 0; }

/* The library turns addresses into text with the same function: only names are counted. */
int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size,
                char *service, socklen_t service_size, int flags)
{
    static int (*real)(const struct sockaddr *, socklen_t, char *, socklen_t, char *, socklen_t, int);

    if (real == NULL)
        *(void **) &real = dlsym(RTLD_NEXT, "getnameinfo");
    lookups += !(flags & NI_NUMERICHOST);
    return real(address, length, host, host_size, service, service_size, flags);
}

static void fail(const char *step)
{
    perror(step);
    exit(3);
}

static int calls(char **daemon)
{
    char name[] = STRING_UNKNOWN, address[] = "1.2.3.4", user[] = STRING_UNKNOWN;

    for (; *daemon; daemon++) {
        puts(hosts_ctl(*daemon, name, address, user) ? "granted" : "denied");
        fflush(stdout);
    }
    return 0;
}

static void ask(int connection, int report, char *daemon)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, daemon, RQ_FILE, connection, 0);
    fromhost(&request);
    int granted = hosts_access(&request);
    int cost = lookups;
    const char *name = cost ? eval_hostname(request.client) : "-";
    dprintf(report, "%s\t%d\t%s\t%s\t%s\n", granted ? "granted" : "denied", cost,
            eval_hostaddr(request.client), name, request.user[0] ? request.user : "-");
}

/* A connection from `source` to a socket of this process; both ends. */
static void connect_pair(const char *source, int mapped, int end[2])
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
    struct sockaddr_in server = { .sin_family = AF_INET }, client = { .sin_family = AF_INET };
    struct sockaddr *listen_at = mapped ? (struct sockaddr *) &any : (struct sockaddr *) &server;
    socklen_t size = mapped ? sizeof(any) : sizeof(server);
    int off = 0, listener = socket(mapped ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (mapped)
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (listener < 0 || bind(listener, listen_at, size) != 0 || listen(listener, 1) != 0)
        fail("listen");
    if (getsockname(listener, listen_at, &size) != 0)
        fail("getsockname");
    server.sin_port = mapped ? any.sin6_port : server.sin_port;
    end[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, source, &client.sin_addr) != 1
        || bind(end[0], (struct sockaddr *) &client, sizeof(client)) != 0
        || connect(end[0], (struct sockaddr *) &server, sizeof(server)) != 0)
        fail("connect");
    if ((end[1] = accept(listener, NULL, NULL)) < 0)
        fail("accept");
}

static void copy(int from, int *bytes)
{
    char buffer[4096];
    ssize_t length;

    while ((length = read(from, buffer, sizeof(buffer))) > 0) {
        *bytes += (int) length;
        fwrite(buffer, 1, (size_t) length, stdout);
    }
}

/* Tells the port of one real connection, waits for a line, and answers for each daemon. */
static int server(char **daemon)
{
    int end[2];
    char line[8];
    struct sockaddr_in at;
    socklen_t size = sizeof(at);

    connect_pair("127.0.0.5", 0, end);
    if (getsockname(end[1], (struct sockaddr *) &at, &size) != 0)
        fail("getsockname");
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL)
        return 3;
    for (; *daemon; daemon++) {
        pid_t child = fork();
        if (child == 0) {
            struct request_info request;

            request_init(&request, RQ_DAEMON, *daemon, RQ_FILE, end[1], 0);
            fromhost(&request);
            dprintf(1, "%s\n", hosts_access(&request) ? "granted" : "denied");
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    return 0;
}

int main(int count, char **argument)
{
    int end[2], report[2], told = 0, got = 0;

    if (count < 5)
        return 3;
    hosts_allow_table = argument[2];
    hosts_deny_table = argument[3];
    if (strcmp(argument[1], "calls") == 0)
        return calls(argument + 4);
    if (strcmp(argument[1], "server") == 0)
        return server(argument + 4);
    if (count != 7)
        return 3;
    connect_pair(argument[6], argument[5][0] == 'm', end);
    if (pipe2(report, O_CLOEXEC) != 0)
        fail("pipe");
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        ask(end[1], report[1], argument[4]);
        _exit(0);
    }
    close(end[1]);
    close(report[1]);
    copy(report[0], &told);
    if (told == 0)
        puts("gone");
    copy(end[0], &got);
    waitpid(child, NULL, 0);
    return 0;
}
