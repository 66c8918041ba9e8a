/* What the installed libwrap decides: oracle ALLOW DENY DAEMON ADDRESS NAME. */
#include <stdio.h>
#include <syslog.h>
#include <tcpd.h>

int allow_severity = LOG_INFO, deny_severity = LOG_WARNING;
extern char *hosts_allow_table, *hosts_deny_table;

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    hosts_allow_table = argv[1];
    hosts_deny_table = argv[2];
    puts(hosts_ctl(argv[3], argv[5], argv[4], "unknown") ? "granted" : "denied");
    return 0;
}
