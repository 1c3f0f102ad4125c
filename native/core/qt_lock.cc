#include "qt_lock.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

#include <cerrno>

namespace framelane::qt {
namespace {

union SemaphoreValue {  // as semctl(2) wants its caller to declare it
  int value;
  semid_ds *facts;
  unsigned short *values;
};

int change(int id, short by, const timespec *limit) {
  sembuf operation = {0, by, SEM_UNDO};
  return semtimedop(id, &operation, 1, limit) == 0 ? 0 : -errno;
}

}  // namespace

int find_semaphore(key_t key, bool make) {
  int id = semget(key, 1, make ? 0600 | IPC_CREAT | IPC_EXCL : 0600);
  if (id < 0) return -errno;
  SemaphoreValue free_now = {1};
  if (make && semctl(id, 0, SETVAL, free_now) != 0) return -errno;
  return id;
}

int take_semaphore(int id, std::uint32_t timeout_ms) {
  timespec limit = {timeout_ms / 1000, static_cast<long>(timeout_ms % 1000) * 1000000};
  return change(id, -1, &limit);
}

int give_semaphore(int id) { return change(id, 1, nullptr); }

int remove_semaphore(int id) { return semctl(id, 0, IPC_RMID) == 0 ? 0 : -errno; }

sem_t *open_posix_semaphore(const char *name, bool make, int *failure) {
  sem_t *semaphore = make ? sem_open(name, O_CREAT | O_EXCL, 0600, 1) : sem_open(name, 0);
  *failure = semaphore == SEM_FAILED ? -errno : 0;
  return semaphore == SEM_FAILED ? nullptr : semaphore;
}

int take_posix_semaphore(sem_t *semaphore, std::uint32_t timeout_ms) {
  timespec until = {};
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += static_cast<long>(timeout_ms % 1000) * 1000000;
  until.tv_sec += timeout_ms / 1000 + until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  return sem_timedwait(semaphore, &until) == 0 ? 0 : -errno;
}

int unlink_posix_semaphore(const char *name) { return sem_unlink(name) == 0 ? 0 : -errno; }

}  // namespace framelane::qt
