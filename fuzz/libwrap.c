/* The oracle of the tests, without its pipe: one question, one answer, in this process. */
#define main oracle_main
#define fopen oracle_fopen
#include "../tests/engine/oracle.c"
#undef main
#undef fopen

/* The tables that libwrap has open: it leaves one open when an option decides. */
static FILE *table[2];

FILE *fopen(const char *path, const char *mode)
{
    FILE *file = oracle_fopen(path, mode);

    if (strcmp(path, hosts_allow_table) == 0)
        table[0] = file;
    else if (strcmp(path, hosts_deny_table) == 0)
        table[1] = file;
    return file;
}

int fclose(FILE *file)
{
    static int (*real)(FILE *);

    if (real == NULL)
        real = (int (*)(FILE *)) dlsym(RTLD_NEXT, "fclose");
    for (int i = 0; i < 2; i++)
        if (table[i] == file)
            table[i] = NULL;
    return real(file);
}

/* Whether access is granted; PLACE gets FILE:LINE of what decided. */
int libwrap_ask(char *allow, char *deny, char **field, char *place, size_t size)
{
    hosts_access_verbose = 2;
    hosts_allow_table = allow;
    hosts_deny_table = deny;
    forget();
    int granted = ask(field);
    snprintf(place, size, "%s", decider(granted));
    for (int i = 0; i < 2; i++)
        if (table[i] != NULL)
            fclose(table[i]);
    hosts_allow_table = hosts_deny_table = "";
    return granted;
}
