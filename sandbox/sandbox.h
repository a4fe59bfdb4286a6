// The few system calls that Python's standard library cannot make. The worker (python/kernelagent_worker/isolation.py) loads this
// library before it forks. Every function returns 0, or -errno of what failed. libc is all it needs.
#ifndef KERNELAGENT_SANDBOX_H
#define KERNELAGENT_SANDBOX_H

// Starts a namespace of process numbers for the next fork of the calling process, and its first process, which waits for the others'
// ends. Needs CAP_SYS_ADMIN. Sets *pid to that process: when it is killed, all in the namespace are.
int ka_begin_processes(int* pid);

// Puts later forks of the calling process back where it is itself.
int ka_end_processes(void);

// Gives the calling single-threaded process a view of the disk of its own: an empty `folder` that holds at most `megabytes`, a
// read-only /proc (of its own process numbers where `own_processes`), a user namespace of its own, no capability. `privileged`: the
// process has CAP_SYS_ADMIN already and gives it up here; otherwise it takes one in the new user namespace. `starts_others`: CUDA runs in
// processes that it starts, and names their threads in their folders of /proc: where those are all its own, only settings are read-only.
int ka_isolate(const char* folder, unsigned long megabytes, int own_processes, int privileged, int starts_others);

// Names the step at which ka_isolate failed.
const char* ka_failed_step(void);

// Loads the system call filter. `own_processes`: signals reach nobody else anyway; otherwise the filter lets them reach the process
// itself and its group only. `shared_memory`: it may make memory that others can share.
int ka_restrict_calls(int own_processes, int shared_memory);

#endif
