/* The real library's verdicts: lines "ALLOW DENY DAEMON ADDRESS NAME" in, "granted N" or "denied N"
   out, where N counts what it had to complain of in the tables. Commands are not run. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <tcpd.h>
#include <unistd.h>
int allow_severity = LOG_INFO, deny_severity = LOG_WARNING;
extern char *hosts_allow_table, *hosts_deny_table;
extern int dry_run;
static int complaints;
void vsyslog(int p, const char *f, va_list a) { (void)p; (void)f; (void)a; complaints++; }
void syslog(int p, const char *f, ...) { (void)p; (void)f; complaints++; }
void __vsyslog_chk(int p, int l, const char *f, va_list a) { (void)l; vsyslog(p, f, a); }
void __syslog_chk(int p, int l, const char *f, ...) { (void)p; (void)l; (void)f; complaints++; }
int main(void) {
  char allow[512], deny[512], daemon[256], address[256], name[256];
  while (scanf("%511s %511s %255s %255s %255s", allow, deny, daemon, address, name) == 5) {
    fflush(stdout);
    if (fork() == 0) {
      hosts_allow_table = allow; hosts_deny_table = deny; dry_run = 1;
      int granted = hosts_ctl(daemon, name, address, "unknown");
      printf("%s %d\n", granted ? "granted" : "denied", complaints);
      fflush(stdout); _exit(0);
    }
    wait(0);
  }
  return 0;
}
