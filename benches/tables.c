/*
 * libwrap's side of the measurement: ALLOW DENY DAEMON NAME ADDR REPEAT
 * asks hosts_ctl() REPEAT times in this process and prints the fastest in nanoseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <tcpd.h>

int allow_severity = LOG_INFO;
int deny_severity = LOG_WARNING;

int main(int count, char **word)
{
    double best = 1e18;

    if (count != 7)
        return 2;
    hosts_allow_table = word[1];
    hosts_deny_table = word[2];
    for (int i = atoi(word[6]); i > 0; i--) {
        struct timespec from, to;

        clock_gettime(CLOCK_MONOTONIC, &from);
        hosts_ctl(word[3], word[4], word[5], "unknown");
        clock_gettime(CLOCK_MONOTONIC, &to);
        double spent = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
        if (spent < best)
            best = spent;
    }
    printf("%.0f\n", best);
    return 0;
}
