// Namespaces of a worker's child: its own view of the disk, its own process numbers, its own user namespace.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

static const char *failed_step = "";

const char *ka_failed_step(void) { return failed_step; }

static int failed(const char *step) {
  failed_step = step;
  return errno == 0 ? -EIO : -errno;
}

// The first process of a namespace: ignores its children's ends, so that the kernel forgets them, and waits to be killed.
static void be_first(void) {
  signal(SIGCHLD, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  syscall(SYS_close_range, 0u, ~0u, 0u);
  execle("/usr/bin/sleep", "sleep", "2147483647", (char *)NULL, (char *[]){NULL});
  execle("/bin/sleep", "sleep", "2147483647", (char *)NULL, (char *[]){NULL});
  _exit(127);
}

int ka_begin_processes(int *pid) {
  if (unshare(CLONE_NEWPID) != 0) return failed("a namespace of process numbers");
  const pid_t first = vfork();
  if (first == 0) be_first();
  if (first < 0) return failed("the first process of a namespace");
  *pid = first;
  return 0;
}

int ka_end_processes(void) {
  const int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  if (own < 0) return failed("/proc/self/ns/pid");
  const int status = setns(own, CLONE_NEWPID) == 0 ? 0 : failed("leaving a namespace of process numbers");
  close(own);
  return status;
}

static int write_text(int folder, const char *name, const char *text) {
  const int file = openat(folder, name, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  const ssize_t size = (ssize_t)strlen(text), written = write(file, text, (size_t)size);
  close(file);
  return written == size ? 0 : -1;
}

// Takes a user namespace (and `more`) in which the process is who it is. `self` is its folder in /proc, writable.
static int own_user(int self, int more) {
  char user[64], group[64];
  snprintf(user, sizeof user, "%u %u 1", geteuid(), geteuid());
  snprintf(group, sizeof group, "%u %u 1", getegid(), getegid());
  if (unshare(CLONE_NEWUSER | more) != 0) return failed("a user namespace");
  if (write_text(self, "setgroups", "deny") != 0 && errno != ENOENT) return failed("setgroups");
  if (write_text(self, "uid_map", user) != 0) return failed("uid_map");
  if (write_text(self, "gid_map", group) != 0) return failed("gid_map");
  return 0;
}

// Makes what the kernel's own settings lie in read-only, and leaves the folders of processes as they are.
static int settings_read_only(unsigned long flags) {
  static const char *const kSettings[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi"};
  for (size_t i = 0; i < sizeof kSettings / sizeof kSettings[0]; ++i) {
    if (mount(kSettings[i], kSettings[i], NULL, MS_BIND | MS_REC, NULL) != 0) {
      if (errno == ENOENT) continue;
      return failed(kSettings[i]);
    }
    if (mount(NULL, kSettings[i], NULL, flags, NULL) != 0) return failed(kSettings[i]);
  }
  return 0;
}

static int own_disk(const char *folder, unsigned long megabytes, int own_processes, int starts_others) {
  const unsigned long careful = MS_NOSUID | MS_NODEV;
  char options[64];
  snprintf(options, sizeof options, "size=%lum,nr_inodes=65536,mode=0700", megabytes);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return failed("private mounts");
  if (mount("tmpfs", folder, "tmpfs", careful, options) != 0) return failed("a private folder");
  if (own_processes) {
    if (mount("proc", "/proc", "proc", careful | MS_NOEXEC, NULL) != 0) return failed("/proc");
  } else if (mount("/proc", "/proc", NULL, MS_BIND | MS_REC, NULL) != 0) {
    return failed("/proc, bound");
  }
  const unsigned long read_only = MS_REMOUNT | MS_BIND | MS_RDONLY | careful | MS_NOEXEC;
  if (own_processes && starts_others) return settings_read_only(read_only);
  // CUDA names its threads through the process's own folder; everything else of /proc becomes read-only around it.
  if (mount("/proc/self", "/proc/self", NULL, MS_BIND, NULL) != 0) return failed("/proc/self, bound");
  return mount(NULL, "/proc", NULL, read_only, NULL) == 0 ? 0 : failed("/proc, read-only");
}

static int no_capabilities(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no new privileges");
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return failed("the bounding set");
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
  return syscall(SYS_capset, &header, none) == 0 ? 0 : failed("capabilities");
}

int ka_isolate(const char *folder, unsigned long megabytes, int own_processes, int privileged, int starts_others) {
  errno = 0;
  if (privileged && unshare(CLONE_NEWNS) != 0) return failed("a mount namespace");
  const int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);  // before /proc becomes read-only
  if (self < 0) return failed("/proc/self");
  int status = privileged ? 0 : own_user(self, CLONE_NEWNS);
  if (status == 0) status = own_disk(folder, megabytes, own_processes, starts_others);
  if (status == 0 && privileged) status = own_user(self, 0);
  close(self);
  return status == 0 ? no_capabilities() : status;
}
