/* The oracle of the tests, without its pipe: one question, one answer, in this process. */
#define main oracle_main
#include "../tests/oracle/oracle.c"
#undef main

/* Whether access is granted; PLACE gets FILE:LINE of what decided. */
int libwrap_ask(char *allow, char *deny, char **field, char *place, size_t size)
{
    hosts_access_verbose = 2;
    hosts_allow_table = allow;
    hosts_deny_table = deny;
    forget();
    int granted = ask(field);
    snprintf(place, size, "%s", decider(granted));
    return granted;
}
