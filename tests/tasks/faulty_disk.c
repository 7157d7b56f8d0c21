/* Stands in front of the C library (LD_PRELOAD) and lets calls on files below a folder go wrong.
 *
 *     FAULT_UNDER=/w/data/ FAULT_CALL=write FAULT_AT=3 FAULT_ERRNO=5    the third write fails with EIO
 *     FAULT_UNDER=/w/data/ FAULT_CALL=write FAULT_SHORT=1               each write takes half
 *
 * What fails is counted over all files below the folder. A failed fsync fails once, as on Linux:
 * the next one says that all is well, though the pages are lost.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long done = 0;

static int below(const char *path) {
    const char *under = getenv("FAULT_UNDER");
    return under && *under && strncmp(path, under, strlen(under)) == 0;
}

static int open_below(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return below(path);
}

/* Whether this is the call that is to fail; errno is set then. */
static int fails(const char *call, int here) {
    const char *wanted = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERRNO");
    if (!wanted || !at || !error || strcmp(wanted, call) || !here || ++done != atol(at)) return 0;
    errno = atoi(error);
    return 1;
}

static size_t taken(const char *call, int fd, size_t size) {
    const char *wanted = getenv("FAULT_CALL");
    if (!getenv("FAULT_SHORT") || !wanted || strcmp(wanted, call) || size < 2 || !open_below(fd)) return size;
    return size / 2;
}

ssize_t write(int fd, const void *content, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (getenv("FAULT_CALL") && fails("write", open_below(fd))) return -1;
    return real(fd, content, taken("write", fd, size));
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t size) {
    static ssize_t (*real)(int, int, off64_t *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "sendfile64");
    if (getenv("FAULT_CALL") && fails("sendfile", open_below(out))) return -1;
    return real(out, in, offset, taken("write", out, size));
}

ssize_t sendfile(int out, int in, off_t *offset, size_t size) {
    return sendfile64(out, in, (off64_t *)offset, size);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    if (getenv("FAULT_CALL") && fails("fsync", open_below(fd))) return -1;
    return real(fd);
}

int rename(const char *from, const char *to) {
    static int (*real)(const char *, const char *);
    if (!real) real = dlsym(RTLD_NEXT, "rename");
    char path[4096] = "";
    if (*to != '/' && getcwd(path, sizeof path)) strncat(path, "/", sizeof path - strlen(path) - 1);
    strncat(path, to, sizeof path - strlen(path) - 1);
    if (getenv("FAULT_CALL") && fails("rename", below(path))) return -1;
    return real(from, to);
}
