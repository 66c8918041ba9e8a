/* The daemon that is served by tcpd or by the gate: says on the socket what it was started with. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int alive = -1;
    struct linger linger = {-1, -1};
    socklen_t length = sizeof alive;
    getsockopt(0, SOL_SOCKET, SO_KEEPALIVE, &alive, &length);
    length = sizeof linger;
    getsockopt(0, SOL_SOCKET, SO_LINGER, &linger, &length);
    mode_t mask = umask(0);
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    int signals = 0;
    for (int number = 1; number < 32; number++) signals += sigismember(&blocked, number);
    struct sigaction hang_up, pipe;
    sigaction(SIGHUP, NULL, &hang_up);
    sigaction(SIGPIPE, NULL, &pipe);
    for (int at = 0; at < argc; at++) printf("argv[%d]=%s ", at, argv[at]);
    const char *x = getenv("X"), *y = getenv("Y");
    printf("nice=%d umask=%03o keepalive=%d linger=%d,%d blocked=%d hup=%d pipe=%d uid=%d X=%s Y=%s\n",
           getpriority(PRIO_PROCESS, 0), (unsigned)mask, alive, linger.l_onoff, linger.l_linger, signals,
           hang_up.sa_handler == SIG_IGN, pipe.sa_handler == SIG_IGN, (int)getuid(), x ? x : "-", y ? y : "-");
    for (int fd = 3; fd < 20; fd++) {
        struct stat found;
        if (fstat(fd, &found) == 0) printf("open: %d\n", fd);
    }
    return 0;
}
