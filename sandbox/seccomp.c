// Loads the system call filter of a worker's child. One call, made while the process has a single thread and before it runs
// anybody's code; the filter stays for its life and for whatever it starts (the C compiler and ptxas among them).
//
// It refuses what a kernel, a problem file or a compiler has no business with. Most refusals are EPERM, which programs report and
// survive. clone3 is ENOSYS, because its flags lie in memory that a filter cannot read: libc then falls back to clone, whose flags
// it can.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the system call filter is written for x86-64 and aarch64"
#endif

#define NAMESPACES                                                                                                        \
  ((uint32_t)(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP))
#define X32_BIT 0x40000000u

// Refused whatever the arguments are.
static const uint32_t kRefused[] = {
    // other processes
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_process_madvise, SYS_pidfd_getfd, SYS_pidfd_send_signal,
    // file systems and namespaces
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
    SYS_fspick, SYS_mount_setattr, SYS_unshare, SYS_setns, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_name_to_handle_at,
    SYS_open_by_handle_at, SYS_fanotify_init,
    // the kernel
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_kexec_load,
    SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_syslog, SYS_acct, SYS_vhangup,
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_personality,
    SYS_lookup_dcookie, SYS_nfsservctl,
    // keys, and memory and queues that outlive a process
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_mknod,
#endif
};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define MOST 256

struct program {
  struct sock_filter code[MOST];
  unsigned short length;
};

static void add(struct program *program, uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
  const struct sock_filter one = {code, yes, no, k};
  program->code[program->length++] = one;
}

static void load(struct program *program, size_t offset) { add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
static void load_argument(struct program *program, unsigned index) {
  load(program, offsetof(struct seccomp_data, args) + 8 * index);  // the low half: both machines are little-endian
}
static void answer(struct program *program, uint32_t action) { add(program, BPF_RET | BPF_K, action, 0, 0); }
static void refuse(struct program *program, uint32_t error) { answer(program, SECCOMP_RET_ERRNO | error); }

// Allows `call` with the first argument `wanted` only. The number of the call is what was loaded last.
static void only_with(struct program *program, uint32_t call, uint32_t wanted, uint32_t error) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
  load_argument(program, 0);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, wanted, 1, 0);
  refuse(program, error);
  answer(program, SECCOMP_RET_ALLOW);
}

// Lets files be made that are pipes, with which a checking tool's processes find each other, and no others.
static void only_pipes(struct program *program) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_mknodat, 0, 5);
  load_argument(program, 2);
  add(program, BPF_ALU | BPF_AND | BPF_K, S_IFMT, 0, 0);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, S_IFIFO, 1, 0);
  refuse(program, EPERM);
  answer(program, SECCOMP_RET_ALLOW);
}

// Refuses memory that a process can hold without its pages being counted as its own.
static void no_shared_memory(struct program *program) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1);
  refuse(program, EPERM);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5);
  load_argument(program, 3);
  add(program, BPF_ALU | BPF_AND | BPF_K, MAP_SHARED | MAP_ANONYMOUS, 0, 0);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, MAP_SHARED | MAP_ANONYMOUS, 0, 1);
  refuse(program, EPERM);
  answer(program, SECCOMP_RET_ALLOW);
}

// Lets `kill` reach this process and its own group only.
static void only_to_itself(struct program *program, uint32_t call, uint32_t self, int group) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, (uint8_t)(group ? 6 : 4));
  load_argument(program, 0);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, self, (uint8_t)(group ? 3 : 1), 0);
  if (group) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)-(int32_t)self, 1, 0);
  }
  refuse(program, EPERM);
  answer(program, SECCOMP_RET_ALLOW);
}

static void compose(struct program *program, int own_processes, int shared_memory) {
  load(program, offsetof(struct seccomp_data, arch));
  add(program, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0);
  answer(program, SECCOMP_RET_KILL_PROCESS);
  load(program, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  add(program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
  refuse(program, ENOSYS);
#endif
  for (uint32_t i = 0; i < COUNT(kRefused); ++i) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, kRefused[i], 0, 1);
    refuse(program, EPERM);
  }
  if (!shared_memory) no_shared_memory(program);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  refuse(program, ENOSYS);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
  load_argument(program, 0);
  add(program, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
  refuse(program, EPERM);
  answer(program, SECCOMP_RET_ALLOW);
  only_pipes(program);
  only_with(program, SYS_socket, AF_UNIX, EAFNOSUPPORT);
  only_with(program, SYS_socketpair, AF_UNIX, EAFNOSUPPORT);
  if (!own_processes) {
    const uint32_t self = (uint32_t)getpid();
    only_to_itself(program, SYS_kill, self, 1);
    only_to_itself(program, SYS_tkill, self, 0);
    only_to_itself(program, SYS_tgkill, self, 0);
    only_to_itself(program, SYS_rt_sigqueueinfo, self, 0);
    only_to_itself(program, SYS_rt_tgsigqueueinfo, self, 0);
  }
  // Typing into a terminal that somebody left open.
  add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4);
  load_argument(program, 1);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 0, 1);
  refuse(program, EPERM);
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, SECCOMP_RET_ALLOW);
}

int ka_restrict_calls(int own_processes, int shared_memory) {
  struct program program = {.length = 0};
  compose(&program, own_processes, shared_memory);
  const struct sock_fprog loaded = {program.length, program.code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  // Without SPEC_ALLOW older kernels turn off speculation, which would slow every timing; the process guards no secret from itself.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &loaded) == 0) return 0;
  if (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded) == 0) return 0;
  return -errno;
}
