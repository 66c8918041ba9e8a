/*
 * Asks the installed libwrap what a pair of tables does: the judge of every verdict of tcpw.
 *
 * Standard input, one command a line, fields separated by tabs:
 *   tables ALLOW DENY      the two files that are asked about from now on
 *   ? QUERY                answered by one line:  VERDICT RULE ACLEXEC
 *   ! QUERY                the same, and a fourth field: what libwrap would have logged, joined by " | "
 *   many COUNT             the next COUNT lines are such questions, answered by one child as far as it lives
 * QUERY is DAEMON ADDR NAME USER SERVER_ADDR SERVER_NAME SERVER_PORT; fields may be missing at the end.
 * VERDICT is granted, denied or died (the process that asked ended, crashed or took over 8 seconds);
 * RULE is FILE:LINE, or "default" when no line decided. ACLEXEC tells how the commands of that option
 * ended: true, false, mixed, or "-" when there were none.
 *
 * Every other query runs in a child of its own, because options change the process that asks: aclexec is
 * remembered, umask and nice stay, twist ends it, a list file that names itself crashes it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <tcpd.h>

#define PATIENCE_MS 8000
#define FIELDS 7

int allow_severity = LOG_INFO;
int deny_severity = LOG_WARNING;

static char matched[1024];   /* the place in the last "matched:" message */
static char warned[1024];    /* the place in the last warning */
static char messages[3000];  /* all messages of this query */
static int deny_was_opened;
static int aclexec_run, aclexec_failed; /* commands of that option; only failures are logged as such */

/* "FILE line N" or "FILE, line N: ..." as "FILE:N" */
static void keep_place(char *place, size_t size, const char *text)
{
    const char *line = strstr(text, ", line ");

    if (line == NULL)
        line = strstr(text, " line ");
    if (line == NULL)
        return;
    int length = (int) (line - text);
    line = strstr(line, "line ") + 5;
    snprintf(place, size, "%.*s:%d", length, text, atoi(line));
}

static void record(const char *format, va_list arguments)
{
    char text[2048];
    size_t used = strlen(messages);

    vsnprintf(text, sizeof(text), format, arguments);
    if (strncmp(text, "matched:  ", 10) == 0)
        keep_place(matched, sizeof(matched), text + 10);
    else if (strncmp(text, "warning: ", 9) == 0)
        keep_place(warned, sizeof(warned), text + 9);
    else if (strncasecmp(text, "option:   aclexec", 17) == 0)
        aclexec_run++;
    else if (strncmp(text, "aclexec returned ", 17) == 0)
        aclexec_failed++;
    for (char *c = text; *c; c++)
        if ((unsigned char) *c < ' ')
            *c = '?';
    snprintf(messages + used, sizeof(messages) - used, "%s%s", used ? " | " : "", text);
}

/* libwrap's messages come here instead of going to the machine's log. */
#define RECORD(format) do { va_list list; va_start(list, format); record(format, list); va_end(list); } while (0)
void syslog(int priority, const char *format, ...) { (void) priority; RECORD(format); }
void __syslog_chk(int priority, int flag, const char *format, ...) { (void) priority; (void) flag; RECORD(format); }
void vsyslog(int priority, const char *format, va_list list) { (void) priority; record(format, list); }
void __vsyslog_chk(int priority, int flag, const char *format, va_list list) { (void) priority; (void) flag; record(format, list); }
void openlog(const char *ident, int option, int facility) { (void) ident; (void) option; (void) facility; }
void closelog(void) { }

/* clean_exit() sleeps before it ends the process; nobody here needs to wait for that. */
unsigned int sleep(unsigned int seconds) { (void) seconds; return 0; }

/* The deny table is read only if the allow table decided nothing, which the verdict alone does not tell. */
FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*real)(const char *, const char *);

    if (real == NULL)
        real = (FILE *(*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen");
    if (strcmp(path, hosts_deny_table) == 0)
        deny_was_opened = 1;
    return real(path, mode);
}

/* What the last query left behind. */
static void forget(void)
{
    matched[0] = warned[0] = messages[0] = 0;
    deny_was_opened = aclexec_run = aclexec_failed = 0;
    tcpd_context.file = NULL;
    tcpd_context.line = 0;
}

static int ask(char **field)
{
    struct request_info request;
    struct sockaddr_in end = { .sin_family = AF_INET };

    if (!*field[4] && !*field[5] && !*field[6])
        return hosts_ctl(field[0], field[2], field[1], field[3]);
    request_init(&request, RQ_DAEMON, field[0], RQ_CLIENT_NAME, field[2], RQ_CLIENT_ADDR, field[1],
                 RQ_USER, field[3], RQ_SERVER_ADDR, field[4], RQ_SERVER_NAME, field[5], 0);
    if (*field[6]) {
        end.sin_port = htons((unsigned short) atoi(field[6]));
        request_set(&request, RQ_SERVER_SIN, &end, 0);
    }
    return hosts_access(&request);
}

/*
 * Which line decided. An option that decides jumps out of the library and leaves its context behind;
 * else the allow table decided if the deny table was never opened; else a denial is the work of the
 * deny table: of its last match, or of the line that broke it.
 */
static const char *decider(int granted)
{
    static char place[1100];

    if (tcpd_context.file != NULL) {
        snprintf(place, sizeof(place), "%s:%d", tcpd_context.file, tcpd_context.line);
        return place;
    }
    if (granted)
        return deny_was_opened || !*matched ? "default" : matched;
    if (strncmp(matched, hosts_deny_table, strlen(hosts_deny_table)) == 0)
        return matched;
    return *warned ? warned : "default";
}

static const char *aclexec(void)
{
    if (aclexec_run == 0)
        return "-";
    return aclexec_failed == 0 ? "true" : aclexec_failed == aclexec_run ? "false" : "mixed";
}

static void be_quiet(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    dup2(nothing, 0);
    dup2(nothing, 1);
    dup2(nothing, 2);
}

static int answer(int channel, char **field, int verbose)
{
    char line[4096];
    int granted = ask(field);
    int length = snprintf(line, sizeof(line), "%s\t%s\t%s%s%s\n", granted ? "granted" : "denied",
                          decider(granted), aclexec(), verbose ? "\t" : "", verbose ? messages : "");
    return write(channel, line, (size_t) length) == length ? 0 : 1;
}

static void in_child(char **field, int verbose)
{
    int channel[2], status;
    char line[4097];
    ssize_t length = 0;

    if (pipe2(channel, O_CLOEXEC) != 0) {
        perror("pipe");
        exit(2);
    }
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child == 0) {
        be_quiet();
        _exit(answer(channel[1], field, verbose));
    }
    close(channel[1]);
    struct pollfd ready = { .fd = channel[0], .events = POLLIN };
    if (poll(&ready, 1, PATIENCE_MS) > 0)
        length = read(channel[0], line, sizeof(line) - 1);
    else
        kill(child, SIGKILL);
    close(channel[0]);
    waitpid(child, &status, 0);
    if (length > 0)
        fwrite(line, 1, (size_t) length, stdout);
    else
        fputs("died\tdefault\t-\n", stdout);
    fflush(stdout);
}

/* Cuts `line` at its tabs; missing fields are empty. */
static void cut(char *line, char **field, int count)
{
    line[strcspn(line, "\n")] = 0;
    for (int i = 0; i < count; i++)
        field[i] = line != NULL ? strsep(&line, "\t") : (char *) "";
}

/* Answers questions in one child; those that it did not live to answer in children of their own. */
static void many(int count)
{
    char *question[count], *field[FIELDS + 1], text[65536];
    int channel[2], status, answered = 0;
    ssize_t length;

    for (int i = 0; i < count; i++) {
        size_t size = 0;

        question[i] = NULL;
        if (getline(&question[i], &size, stdin) <= 0)
            exit(2);
    }
    if (pipe2(channel, O_CLOEXEC) != 0) {
        perror("pipe");
        exit(2);
    }
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child == 0) {
        be_quiet();
        for (int i = 0; i < count; i++) {
            cut(question[i], field, FIELDS + 1);
            forget();
            if (answer(channel[1], field + 1, 0) != 0)
                _exit(1);
        }
        _exit(0);
    }
    close(channel[1]);
    struct pollfd ready = { .fd = channel[0], .events = POLLIN };
    while (poll(&ready, 1, PATIENCE_MS) > 0 && (length = read(channel[0], text, sizeof(text))) > 0) {
        fwrite(text, 1, (size_t) length, stdout);
        for (ssize_t i = 0; i < length; i++)
            answered += text[i] == '\n';
    }
    kill(child, SIGKILL);
    close(channel[0]);
    waitpid(child, &status, 0);
    for (int i = 0; i < count; i++) {
        if (i >= answered) {
            cut(question[i], field, FIELDS + 1);
            in_child(field + 1, 0);
        }
        free(question[i]);
    }
    fflush(stdout);
}

int main(void)
{
    char *line = NULL, *field[FIELDS + 1];
    size_t size = 0;
    struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    hosts_access_verbose = 2;
    while (getline(&line, &size, stdin) > 0) {
        cut(line, field, FIELDS + 1);
        if (strcmp(field[0], "tables") == 0) {
            hosts_allow_table = strdup(field[1]);
            hosts_deny_table = strdup(field[2]);
        } else if (strcmp(field[0], "many") == 0) {
            many(atoi(field[1]));
        } else {
            in_child(field + 1, field[0][0] == '!');
        }
    }
    return 0;
}
