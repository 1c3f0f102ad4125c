// A program that shares memory as Qt 6.6 and later do with QNativeIpcKey(name, PosixRealtime), by the same system calls:
// shm_open and ftruncate, a named semaphore that the maker of the segment makes anew, both of one name, mode 0600.
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

int main(int count, char **words) {  // create|attach|unsized NAME BYTES
  if (count < 4) return 2;
  std::string name = std::string("/") + words[2];
  bool create = std::strcmp(words[1], "attach") != 0;
  if (create) sem_unlink(name.c_str());
  sem_t *lock = create ? sem_open(name.c_str(), O_CREAT | O_EXCL, 0600, 1) : sem_open(name.c_str(), O_CREAT, 0600, 1);
  int fd = shm_open(name.c_str(), create ? O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC : O_RDWR | O_CLOEXEC, 0600);
  if (lock == SEM_FAILED || fd < 0) return perror("open"), 1;
  off_t bytes = std::atol(words[3]);
  if (std::strcmp(words[1], "create") == 0 && ftruncate(fd, bytes) != 0) return perror("ftruncate"), 1;
  auto resize = [&](off_t to) { return ftruncate(fd, to) == 0; };
  std::printf("ready\n");
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    std::string order(line);
    if (order == "lock\n") sem_wait(lock);
    if (order == "unlock\n") sem_post(lock);
    if (order == "size\n") resize(bytes);
    if (order == "cut\n") resize(0);
    if (order == "list\n") {  // one Grayscale8 image of 2 x 1: 11, 22
      const int header[] = {1, 4, 2, 1, 24, 4};
      const unsigned char pixels[] = {11, 22, 0, 0};
      if (pwrite(fd, header, sizeof header, 0) < 0 || pwrite(fd, pixels, sizeof pixels, sizeof header) < 0) return 1;
    }
    std::printf("done\n");
    std::fflush(stdout);
  }
  sem_close(lock);
  if (create) sem_unlink(name.c_str());  // Qt removes its lock, and leaves the segment
  return 0;
}
