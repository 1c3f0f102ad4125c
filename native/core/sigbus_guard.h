// Somebody with write permission can cut a shared segment short while we have it mapped; touching the lost pages would
// be SIGBUS and the end of the process. The guard puts zero pages there instead, as Wayland compositors do with their
// clients' buffers, and remembers that it had to.
#pragma once
#include <cstddef>

namespace framelane {

/// Guards `bytes` at `base` from now on. False when too many ranges are guarded already (the limit is 4096).
bool guard_range(void *base, std::size_t bytes);

/// Ends that; call it before munmap.
void unguard_range(void *base);

/// Whether pages of the range that starts at `base` were lost.
bool guard_tripped(void *base);

}  // namespace framelane
