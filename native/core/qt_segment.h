// Shared memory as QSharedMemory makes it: System V segments and POSIX ones. Numbers below 0 are -errno.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace framelane::qt {

/// What the kernel knows of a System V segment.
struct SegmentFacts {
  std::uint64_t bytes = 0;
  std::uint64_t attached = 0;
  pid_t creator = 0;
  pid_t last = 0;
};

/// A segment in our address space; leaves it with this object.
class Mapping {
 public:
  enum class Kind { system_v, posix };

  /// Takes over memory that is mapped already.
  Mapping(Kind kind, void *base, std::size_t bytes);
  ~Mapping() { leave(); }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  void *base() const { return base_; }
  std::size_t bytes() const { return bytes_; }
  /// Unmaps; again is harmless.
  void leave();
  /// Whether somebody cut the file short while it was mapped.
  bool cut() const;

 private:
  Kind kind_;
  void *base_;
  std::size_t bytes_;
};

/// The id of a segment: found (`bytes` 0), or made with mode 0600 (-EEXIST: there is one).
int find_segment(key_t key, std::size_t bytes);
int segment_facts(int id, SegmentFacts *facts);
int remove_segment(int id);
/// The segment's memory, or null and -errno in `failure`.
Mapping *map_segment(int id, int *failure);

/// Opens (`bytes` 0) or makes a POSIX segment. -ENODATA: its maker has not given it a size yet.
Mapping *map_posix(const char *name, std::size_t bytes, int *failure);
int unlink_posix(const char *name);

}  // namespace framelane::qt
