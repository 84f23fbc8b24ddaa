/* A recording file layer for tests/power_loss.rs, put before the C library by LD_PRELOAD.
 *
 * Every call that changes a file or a name below the folder RECORD_ROOT is appended to the file RECORD_LOG, as a line
 * with the bytes behind it:
 *
 *     create INODE PATH      mkdir PATH        write INODE OFFSET LENGTH    sync INODE
 *     rename OLD\tNEW        unlink PATH       truncate INODE LENGTH        syncdir PATH
 *
 * A file is known by its inode until another one is created with the same number. With RECORD_ROOM=N only N bytes can be
 * written there, then the disk is full; with RECORD_READ_ONLY=1 nothing can. Calls that do not go through the C library are
 * not seen; the test notices that, for what it replays must be what is on the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096

static const char *root;
static int log_fd = -1;
static atomic_long room = LONG_MAX;
static int read_only;
static atomic_uchar watched[FILES];
/* What is done and what is recorded must be in one order. */
static pthread_mutex_t order = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RECORD_LOG"), *limit = getenv("RECORD_ROOM");
    root = getenv("RECORD_ROOT");
    read_only = getenv("RECORD_READ_ONLY") != NULL;
    if (limit) room = atol(limit);
    if (path) log_fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int is_below(const char *path) {
    size_t length = root ? strlen(root) : 0;
    return length && !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

static int is_watched(int fd) { return fd >= 0 && fd < FILES && watched[fd]; }

static void record(const void *bytes, size_t length, const char *format, ...) {
    char line[2 * PATH_MAX + 64];
    va_list arguments;
    if (log_fd < 0) return;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    line[size++] = '\n';
    struct iovec parts[2] = {{line, size}, {(void *)bytes, length}};
    if (syscall(SYS_writev, log_fd, parts, 2) != (long)(size + length)) abort();
}

/* The whole name of a path that may be relative to an open folder. */
static const char *whole(int dir, const char *path, char *name) {
    if (path[0] == '/' || dir == AT_FDCWD) return path;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t length = readlink(link, name, PATH_MAX - 1);
    snprintf(name + length, PATH_MAX - length, "/%s", path);
    return name;
}

static unsigned long inode(int fd) {
    struct stat facts;
    return fstat(fd, &facts) ? 0 : facts.st_ino;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define LOCKED(type, body) \
    pthread_mutex_lock(&order); \
    type result = body; \
    int error = errno; \
    pthread_mutex_unlock(&order); \
    errno = error; \
    return result

static int refuse(int error) {
    errno = error;
    return -1;
}

/* ---- opening ---- */

static int opened(int dir, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *name = whole(dir, path, buffer);
    if (!is_below(name)) return NEXT(openat64)(dir, path, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (writes && read_only) return refuse(EROFS);
    struct stat facts;
    int existed = !stat(name, &facts);
    int fd = NEXT(openat64)(dir, path, flags, mode);
    if (fd < 0) return fd;
    if (fd >= FILES) abort();
    watched[fd] = 1;
    if (!existed) record(0, 0, "create %lu %s", inode(fd), name);
    else if (flags & O_TRUNC) record(0, 0, "truncate %lu 0", inode(fd));
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & O_CREAT) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) { MODE(flags) LOCKED(int, opened(AT_FDCWD, path, flags, mode)); }
int open64(const char *path, int flags, ...) { MODE(flags) LOCKED(int, opened(AT_FDCWD, path, flags, mode)); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags) LOCKED(int, opened(dir, path, flags, mode)); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags) LOCKED(int, opened(dir, path, flags, mode)); }

int close(int fd) {
    if (fd >= 0 && fd < FILES) watched[fd] = 0;
    return NEXT(close)(fd);
}

/* ---- content ---- */

static ssize_t written(int fd, const void *bytes, size_t length, off64_t offset) {
    if (room < (long)length) return refuse(ENOSPC);
    room -= length;
    ssize_t done = NEXT(pwrite64)(fd, bytes, length, offset);
    if (done > 0) record(bytes, done, "write %lu %ld %zd", inode(fd), (long)offset, done);
    return done;
}

static ssize_t written_on(int fd, const void *bytes, size_t length) {
    int at_end = fcntl(fd, F_GETFL) & O_APPEND;
    off64_t offset = lseek64(fd, 0, at_end ? SEEK_END : SEEK_CUR);
    ssize_t done = written(fd, bytes, length, offset);
    if (done > 0) lseek64(fd, offset + done, SEEK_SET);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (!is_watched(fd)) return NEXT(write)(fd, bytes, length);
    LOCKED(ssize_t, written_on(fd, bytes, length));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (!is_watched(fd)) return NEXT(writev)(fd, parts, count);
    /* A write may always be shorter than was asked for. */
    while (count > 1 && !parts->iov_len) parts++, count--;
    return write(fd, parts->iov_base, parts->iov_len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    if (!is_watched(fd)) return NEXT(pwrite64)(fd, bytes, length, offset);
    LOCKED(ssize_t, written(fd, bytes, length, offset));
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

int ftruncate64(int fd, off64_t length) {
    if (!is_watched(fd)) return NEXT(ftruncate64)(fd, length);
    pthread_mutex_lock(&order);
    int result = NEXT(ftruncate64)(fd, length);
    if (!result) record(0, 0, "truncate %lu %ld", inode(fd), (long)length);
    pthread_mutex_unlock(&order);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int synced(int fd) {
    struct stat facts;
    char link[64], name[PATH_MAX];
    if (fstat(fd, &facts)) return -1;
    if (!S_ISDIR(facts.st_mode)) {
        record(0, 0, "sync %lu", (unsigned long)facts.st_ino);
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    name[length > 0 ? length : 0] = 0;
    record(0, 0, "syncdir %s", name);
    return 0;
}

/* The disk of the test need not be waited for. */
int fsync(int fd) {
    if (!is_watched(fd)) return NEXT(fsync)(fd);
    LOCKED(int, synced(fd));
}

int fdatasync(int fd) { return fsync(fd); }

/* ---- names ---- */

static int moved(const char *old, const char *new) {
    if (read_only && is_below(new)) return refuse(EROFS);
    int result = NEXT(rename)(old, new);
    if (!result && is_below(new)) record(0, 0, "rename %s\t%s", old, new);
    return result;
}

static int unlinked(int dir, const char *path, int flags) {
    char buffer[PATH_MAX];
    const char *name = whole(dir, path, buffer);
    if (read_only && is_below(name)) return refuse(EROFS);
    int result = NEXT(unlinkat)(dir, path, flags);
    if (!result && is_below(name)) record(0, 0, "unlink %s", name);
    return result;
}

static int made(const char *path, mode_t mode) {
    if (read_only && is_below(path)) return refuse(EROFS);
    int result = NEXT(mkdir)(path, mode);
    if (!result && is_below(path)) record(0, 0, "mkdir %s", path);
    return result;
}

int rename(const char *old, const char *new) { LOCKED(int, moved(old, new)); }
int unlink(const char *path) { LOCKED(int, unlinked(AT_FDCWD, path, 0)); }
int rmdir(const char *path) { LOCKED(int, unlinked(AT_FDCWD, path, AT_REMOVEDIR)); }
int unlinkat(int dir, const char *path, int flags) { LOCKED(int, unlinked(dir, path, flags)); }
int mkdir(const char *path, mode_t mode) { LOCKED(int, made(path, mode)); }
