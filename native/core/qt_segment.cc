#include "qt_segment.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sigbus_guard.h"

namespace framelane::qt {

Mapping::Mapping(Kind kind, void *base, std::size_t bytes) : kind_(kind), base_(base), bytes_(bytes) {
  // Only files can be cut short; System V segments keep their size.
  if (kind_ == Kind::posix) guard_range(base_, bytes_);
}

void Mapping::leave() {
  if (base_ == nullptr) return;
  if (kind_ == Kind::system_v) {
    shmdt(base_);
  } else {
    unguard_range(base_);
    munmap(base_, bytes_);
  }
  base_ = nullptr;
}

bool Mapping::cut() const { return kind_ == Kind::posix && base_ != nullptr && guard_tripped(base_); }

int find_segment(key_t key, std::size_t bytes) {
  int flags = bytes == 0 ? 0600 : 0600 | IPC_CREAT | IPC_EXCL;
  int id = shmget(key, bytes, flags);
  return id < 0 ? -errno : id;
}

int segment_facts(int id, SegmentFacts *facts) {
  shmid_ds seen = {};
  if (shmctl(id, IPC_STAT, &seen) != 0) return -errno;
  *facts = {seen.shm_segsz, seen.shm_nattch, seen.shm_cpid, seen.shm_lpid};
  return 0;
}

int remove_segment(int id) { return shmctl(id, IPC_RMID, nullptr) == 0 ? 0 : -errno; }

Mapping *map_segment(int id, int *failure) {
  void *base = shmat(id, nullptr, 0);
  SegmentFacts facts;
  *failure = base == reinterpret_cast<void *>(-1) ? -errno : segment_facts(id, &facts);
  if (*failure == 0) return new Mapping(Mapping::Kind::system_v, base, facts.bytes);
  if (base != reinterpret_cast<void *>(-1)) shmdt(base);
  return nullptr;
}

namespace {

// The size of a segment that is there; a new one gets its size here.
int size_of(int fd, std::size_t *bytes) {
  if (*bytes != 0) return -posix_fallocate(fd, 0, static_cast<off_t>(*bytes));
  struct stat seen = {};
  if (fstat(fd, &seen) != 0) return -errno;
  if (seen.st_size == 0) return -ENODATA;
  *bytes = static_cast<std::size_t>(seen.st_size);
  return 0;
}

}  // namespace

Mapping *map_posix(const char *name, std::size_t bytes, int *failure) {
  int flags = bytes == 0 ? O_RDWR | O_CLOEXEC : O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL;
  int fd = shm_open(name, flags, 0600);
  if (fd < 0) {
    *failure = -errno;
    return nullptr;
  }
  bool fresh = bytes != 0;
  void *base = MAP_FAILED;
  *failure = size_of(fd, &bytes);
  if (*failure == 0) {
    base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) *failure = -errno;
  }
  close(fd);
  if (base != MAP_FAILED) return new Mapping(Mapping::Kind::posix, base, bytes);
  if (fresh) shm_unlink(name);
  return nullptr;
}

int unlink_posix(const char *name) { return shm_unlink(name) == 0 ? 0 : -errno; }

}  // namespace framelane::qt
