// The locks of QSharedMemory: a System V semaphore, or a POSIX one, that is 1 when free. Numbers below 0 are -errno.
#pragma once
#include <semaphore.h>
#include <sys/types.h>

#include <cstdint>

namespace framelane::qt {

/// The id of a semaphore: found, or made with mode 0600 and free (-EEXIST: there is one).
int find_semaphore(key_t key, bool make);
/// Takes it, waiting at most so long (-EAGAIN). The kernel gives it back when this process dies. -EIDRM, -EINVAL: gone.
int take_semaphore(int id, std::uint32_t timeout_ms);
int give_semaphore(int id);
int remove_semaphore(int id);

/// A POSIX semaphore: found, or made with mode 0600 and free (-EEXIST: there is one). Null and -errno in `failure`.
sem_t *open_posix_semaphore(const char *name, bool make, int *failure);
/// Takes it, waiting at most so long (-ETIMEDOUT). Nobody gives it back when this process dies.
int take_posix_semaphore(sem_t *semaphore, std::uint32_t timeout_ms);
int unlink_posix_semaphore(const char *name);

}  // namespace framelane::qt
