// A plugin that attacks by system calls. Its option names the processes and files of the test that it goes for:
// `targets:{pid}:{pid}:{file}:{folder}:{socket}:`. Whatever succeeds is said on standard error, with status 9.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static char done[1 << 16];

static void succeeded(const char *what) {
  strcat(strcat(done, done[0] ? ", " : "succeeded: "), what);
}

// What is refused fails with EPERM, or with EACCES where Landlock says no; what the kernel is said not to have
// with ENOSYS. Any other error means that the call was made.
static void try_call(const char *what, long result) {
  if (result != -1 || (errno != EPERM && errno != EACCES && errno != ENOSYS)) succeeded(what);
}

#define TRY(what, call) (errno = 0, try_call(what, (long)(call)))

static void other_process(pid_t pid) {
  struct rlimit none = {0, 0};
  struct sched_param idle = {0};
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  siginfo_t info = {0};
  info.si_code = SI_QUEUE;
  TRY("prlimit", syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &none, 0));
  TRY("prlimit, above 32 bits", syscall(SYS_prlimit64, (1L << 32) | pid, RLIMIT_NOFILE, 0, &none));
  TRY("setpriority", setpriority(PRIO_PROCESS, pid, 19));
  TRY("getpriority", getpriority(PRIO_PROCESS, pid));
  TRY("sched_setscheduler", sched_setscheduler(pid, SCHED_IDLE, &idle));
  TRY("sched_setparam", sched_setparam(pid, &idle));
  TRY("sched_setaffinity", sched_setaffinity(pid, sizeof first, &first));
  TRY("sched_setattr", syscall(SYS_sched_setattr, pid, 0, 0));
  TRY("ioprio_set", syscall(SYS_ioprio_set, 1, pid, 7 | 3 << 13));
  TRY("kill 0", kill(pid, 0));
  TRY("kill STOP", kill(pid, SIGSTOP));
  TRY("tkill", syscall(SYS_tkill, pid, 0));
  TRY("tgkill", syscall(SYS_tgkill, pid, pid, 0));
  TRY("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, pid, 0, &info));
  TRY("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, &info));
  TRY("pidfd_open", syscall(SYS_pidfd_open, pid, 0));
  TRY("ptrace", syscall(SYS_ptrace, 0x4206 /* PTRACE_SEIZE */, pid, 0, 0));
  TRY("process_vm_readv", syscall(SYS_process_vm_readv, pid, 0, 0, 0, 0, 0));
  TRY("process_vm_writev", syscall(SYS_process_vm_writev, pid, 0, 0, 0, 0, 0));
  TRY("kcmp", syscall(SYS_kcmp, getpid(), pid, 0, 0, 0));
  TRY("get_robust_list", syscall(SYS_get_robust_list, pid, 0, 0));
  TRY("move_pages", syscall(SYS_move_pages, pid, 0, 0, 0, 0, 0));
  TRY("migrate_pages", syscall(SYS_migrate_pages, pid, 0, 0, 0));
  TRY("perf_event_open", syscall(SYS_perf_event_open, 0, pid, -1, -1, 0));
  TRY("getpgid", getpgid(pid));
  TRY("getsid", getsid(pid));
  TRY("setpgid", setpgid(0, pid));
  int ends[2];
  if (pipe(ends) == 0) {
    struct {
      int kind;
      pid_t pid;
    } owner = {1, pid};
    TRY("F_SETOWN", fcntl(ends[0], F_SETOWN, pid));
    TRY("F_SETOWN_EX", syscall(SYS_fcntl, ends[0], 15, &owner));
    TRY("F_SETSIG", fcntl(ends[0], F_SETSIG, SIGKILL));
    TRY("O_ASYNC", fcntl(ends[0], F_SETFL, O_ASYNC));
    int on = 1;
    TRY("FIOASYNC", ioctl(ends[0], FIOASYNC, &on));
    TRY("FIOSETOWN", ioctl(ends[0], 0x8901, &pid));
    TRY("F_SETPIPE_SZ", fcntl(ends[0], F_SETPIPE_SZ, 1 << 20));
  }
}

static void file(const char *path) {
  struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  TRY("truncate", truncate(path, 0));
  TRY("open, truncating", open(path, O_RDONLY | O_TRUNC));
  TRY("open, truncating without access", open(path, O_ACCMODE | O_TRUNC));
  TRY("open, writing", open(path, O_WRONLY));
  TRY("chmod", chmod(path, 0));
  TRY("fchmodat", fchmodat(AT_FDCWD, path, 0, 0));
  TRY("fchmodat2", syscall(452, AT_FDCWD, path, 0, 0));
  TRY("chown", chown(path, getuid(), getgid()));
  TRY("lchown", lchown(path, getuid(), getgid()));
  TRY("fchownat", fchownat(AT_FDCWD, path, getuid(), getgid(), 0));
  TRY("utimensat", utimensat(AT_FDCWD, path, now, 0));
  TRY("utimensat, now", utimensat(AT_FDCWD, path, NULL, 0));
  TRY("setxattr", setxattr(path, "user.x", "x", 1, 0));
  TRY("removexattr", removexattr(path, "user.x"));
  TRY("setxattrat", syscall(463, AT_FDCWD, path, 0, "user.x", 0, 0));
  TRY("creat", creat(path, 0600));
  TRY("unlink", unlink(path));
  TRY("rename", rename(path, "moved"));
  TRY("link", link(path, "linked"));
  TRY("symlink", symlink(path, "symbolic"));
  TRY("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, path, 0, 0, 0));
}

static void folder(const char *path) {
  int notices = inotify_init1(IN_NONBLOCK);
  try_call("inotify", notices);
  TRY("inotify_add_watch", inotify_add_watch(notices, path, IN_ALL_EVENTS));
  TRY("fanotify", syscall(SYS_fanotify_init, 0, 0));
  TRY("list", open(path, O_RDONLY | O_DIRECTORY));
  TRY("chmod of a folder", chmod(path, 0));
  int here = open(".", O_RDONLY | O_DIRECTORY);
  if (here >= 0) {
    TRY("F_NOTIFY", fcntl(here, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
    TRY("F_SETLEASE", fcntl(here, F_SETLEASE, F_RDLCK));
    TRY("fchmod", fchmod(here, 0));
    TRY("futimens", futimens(here, NULL));
  }
}

// What no limit counts, or what would outlast it.
static void uncounted(void) {
  TRY("shared memory", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  TRY("/dev/zero", open("/dev/zero", O_RDWR));
  TRY("a nameless file", open(".", O_TMPFILE | O_RDWR, 0600));
  TRY("a set-uid file", open("set-id", O_CREAT | O_WRONLY, 06755));
  TRY("fallocate", fallocate(2, FALLOC_FL_KEEP_SIZE, 0, 1 << 20));
  TRY("a lock", fcntl(0, F_SETLK, &(struct flock){.l_type = F_RDLCK}));
  TRY("flock", syscall(SYS_flock, 0, 2));
}

static void namespaces(void) {
  static const struct {
    const char *name;
    unsigned long flag;
  } all[] = {{"user", 0x10000000}, {"mount", 0x00020000}, {"pid", 0x20000000}, {"net", 0x40000000},
             {"ipc", 0x08000000},  {"uts", 0x04000000},   {"cgroup", 0x02000000}};
  for (unsigned place = 0; place < sizeof all / sizeof *all; place++) {
    errno = 0;
    long child = syscall(SYS_clone, all[place].flag | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    try_call(all[place].name, child);
    TRY("unshare", syscall(SYS_unshare, all[place].flag));
  }
  // Libraries fall back on ENOSYS alone.
  if (syscall(SYS_clone3, 0, 0) != -1 || errno != ENOSYS) succeeded("clone3");
  if (syscall(SYS_openat2, AT_FDCWD, "/", 0, 0) != -1 || errno != ENOSYS) succeeded("openat2");
  long sibling = syscall(SYS_clone, 0x8000 | SIGCHLD, 0, 0, 0, 0); // CLONE_PARENT
  if (sibling == 0) _exit(0);
  if (sibling != -1) succeeded("a sibling");
  TRY("setns", syscall(SYS_setns, 0, 0));
  TRY("chroot", chroot("."));
  TRY("mount", syscall(SYS_mount, "x", ".", "tmpfs", 0, 0));
}

static void sockets(const char *path) {
  static const int domains[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG};
  static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW};
  for (unsigned domain = 0; domain < sizeof domains / sizeof *domains; domain++)
    for (unsigned kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
      TRY("socket", socket(domains[domain], kinds[kind], 0));
  struct sockaddr_un to = {AF_UNIX, ""};
  strncpy(to.sun_path, path, sizeof to.sun_path - 1);
  int pair[2] = {-1, -1};
  TRY("socketpair of datagrams", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  TRY("a datagram", sendto(pair[0], "x", 1, 0, (struct sockaddr *)&to, sizeof to));
  struct msghdr message = {&to, sizeof to, 0, 0, 0, 0, 0};
  TRY("a message", sendmsg(pair[0], &message, 0));
  TRY("io_uring", syscall(SYS_io_uring_setup, 1, 0));
}

static void itself(void) {
  TRY("memfd", syscall(SYS_memfd_create, "x", 0));
  TRY("shmget", syscall(SYS_shmget, 0, 4096, 01600));
  TRY("semget", syscall(SYS_semget, 0, 1, 01600));
  TRY("msgget", syscall(SYS_msgget, 0, 01600));
  TRY("mq_open", syscall(SYS_mq_open, "x", O_CREAT, 0600, 0));
  TRY("mlock", mlockall(MCL_CURRENT));
  TRY("setsid", setsid());
  TRY("setuid", setuid(getuid()));
  TRY("capset", syscall(SYS_capset, 0, 0));
  TRY("PR_SET_PDEATHSIG", prctl(PR_SET_PDEATHSIG, 0));
  TRY("PR_SET_DUMPABLE", prctl(PR_SET_DUMPABLE, 0));
  TRY("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1));
  TRY("PR_CAP_AMBIENT", prctl(47, 2, 1, 0, 0));
  TRY("seccomp", syscall(SYS_seccomp, 1, 0, 0)); // A filter that is nowhere.
  TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
  TRY("bpf", syscall(SYS_bpf, 0, 0, 0));
  TRY("keyctl", syscall(SYS_keyctl, 0, 0));
  TRY("add_key", syscall(SYS_add_key, "user", "x", "x", 1, -3));
  TRY("execveat", syscall(SYS_execveat, -1, "", 0, 0, 0x1000));
  TRY("vmsplice", syscall(SYS_vmsplice, 0, 0, 0, 0));
  TRY("syslog", syscall(SYS_syslog, 10, 0, 0));
  TRY("personality", syscall(SYS_personality, 0x0040000));
  TRY("mknod", syscall(SYS_mknodat, AT_FDCWD, "fifo", S_IFIFO | 0600, 0));
  TRY("a limit of its own", setrlimit(RLIMIT_NOFILE, &(struct rlimit){1 << 20, 1 << 20}));
  // What a plugin needs.
  struct rlimit own;
  if (prlimit(0, RLIMIT_NOFILE, NULL, &own) != 0) succeeded("(its own limits are refused)");
  if (syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0) != 0) succeeded("(its own thread is refused)");
}

int main(void) {
  static char input[1 << 20];
  size_t length = 0;
  for (ssize_t got; (got = read(0, input + length, sizeof input - length)) > 0;) length += (size_t)got;
  char *option = memmem(input, length, "targets:", 8);
  if (option == NULL) return 3;
  char *parts[7] = {0};
  char *rest = option;
  for (int part = 0; part < 7; part++) parts[part] = strsep(&rest, ":");
  if (parts[6] == NULL) return 3;
  other_process(atoi(parts[1]));
  other_process(atoi(parts[2]));
  TRY("setpriority of a user", setpriority(PRIO_USER, getuid(), 19));
  TRY("kill all", kill(-1, 0));
  TRY("kill the group", kill(0, 0));
  uncounted();
  file(parts[3]);
  folder(parts[4]);
  namespaces();
  sockets(parts[5]);
  itself();
  if (done[0]) dprintf(2, "%s\n", done);
  return done[0] ? 9 : 0;
}
