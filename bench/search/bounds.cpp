// What the machine's memory can do at most, from one thread: the measure that search is held to.
// Compiled on the spot by bounds.py. Times are the calling thread's CPU time, in nanoseconds.

#include <sys/mman.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

constexpr size_t LINE = 64, HUGE_PAGE = size_t{2} << 20;
constexpr int MOST_AHEAD = 64;

double now() {
  timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return at.tv_sec * 1e9 + at.tv_nsec;
}

// A step of SplitMix64: independent of what was read, so that no read waits for another.
uint64_t draw(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

volatile uint64_t sink;  // what was read must matter, or it would not be read

}  // namespace

extern "C" {

// Map `bytes` (a multiple of 2 MiB), in huge pages where the system has them, and write every page.
// Null when there is no memory.
void* bench_map(size_t bytes) {
  void* raw = mmap(nullptr, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  auto start = (reinterpret_cast<uintptr_t>(raw) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  auto* base = reinterpret_cast<uint8_t*>(start);
  if (const size_t before = start - reinterpret_cast<uintptr_t>(raw)) munmap(raw, before);
  if (const size_t after = reinterpret_cast<uintptr_t>(raw) + HUGE_PAGE - start) munmap(base + bytes, after);
  madvise(base, bytes, MADV_HUGEPAGE);
  uint64_t state = 1;
  for (size_t at = 0; at < bytes; at += LINE) {
    const uint64_t word = draw(state);
    std::memcpy(base + at, &word, sizeof word);
  }
  return base;
}

void bench_unmap(void* base, size_t bytes) { munmap(base, bytes); }

// Read `count` random lines, each asked for `ahead` (1 to 64) reads in advance. Gives ns a line.
double bench_random(const uint8_t* base, size_t bytes, uint64_t count, int ahead, uint64_t seed) {
  const uint64_t lines = bytes / LINE;
  const uint8_t* coming[MOST_AHEAD];
  uint64_t sum = 0;
  for (int i = 0; i < ahead; i++) {
    coming[i] = base + static_cast<uint64_t>((static_cast<unsigned __int128>(draw(seed)) * lines) >> 64) * LINE;
    __builtin_prefetch(coming[i]);
  }
  const double begun = now();
  for (uint64_t done = 0; done < count; done += ahead)
    for (int i = 0; i < ahead; i++) {
      uint64_t word;
      std::memcpy(&word, coming[i], sizeof word);
      sum += word;
      coming[i] = base + static_cast<uint64_t>((static_cast<unsigned __int128>(draw(seed)) * lines) >> 64) * LINE;
      __builtin_prefetch(coming[i]);
    }
  const double took = now() - begun;
  sink = sum;
  return took / ((count + ahead - 1) / ahead * ahead);
}

// Read everything once from front to back. Gives bytes a ns, which is GB/s.
double bench_stream(const uint8_t* base, size_t bytes) {
  const auto* words = reinterpret_cast<const uint64_t*>(base);
  uint64_t sum[8] = {};
  const double begun = now();
  for (size_t at = 0; at < bytes / 8; at += 8)
    for (int i = 0; i < 8; i++) sum[i] += words[at + i];
  const double took = now() - begun;
  for (const uint64_t part : sum) sink = part;
  return bytes / took;
}

}  // extern "C"
