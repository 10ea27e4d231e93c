#include "memory.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

namespace notcontent {
namespace {

// A wish: where the system has no huge pages to give, small ones serve as well, only slower.
void ask_for_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  if (bytes >= kHugePage) ::madvise(data, bytes, MADV_HUGEPAGE);
#endif
}

// Has the system put a file's small pages together to huge ones: Linux does from 6.1 on, also in /dev/shm, and also
// where no setting gives files huge pages by themselves. It copies what it puts together, hence one at a time.
void put_pages_together([[maybe_unused]] std::byte* data, [[maybe_unused]] std::size_t bytes) {
#ifdef __linux__
  constexpr int collapse = 25;  // MADV_COLLAPSE, which older headers do not have
  for (std::size_t at = 0; at + kHugePage <= bytes; at += kHugePage) {
    if (::madvise(data + at, kHugePage, collapse) == 0 || errno == EAGAIN || errno == EBUSY) continue;
    return;  // an older kernel, a kind of file that has none, or no memory for them
  }
#endif
}

// A gigabyte has a quarter of a million small pages; met one by one by searches, each costs a microsecond or more.
// Piece by piece, because who needs the address space meanwhile (a larger heap, say) waits for the piece at hand.
void meet_pages(std::byte* data, std::size_t bytes) {
  constexpr std::size_t piece = std::size_t{16} << 20;
  constexpr std::size_t page = 4096;
  for (std::size_t at = 0; at < bytes; at += piece) {
    const std::size_t length = std::min(piece, bytes - at);
#ifdef MADV_POPULATE_READ
    if (::madvise(data + at, length, MADV_POPULATE_READ) == 0) continue;
#endif
    for (std::size_t i = 0; i < length; i += page)
      static_cast<void>(*static_cast<const volatile std::byte*>(data + at + i));
  }
}

}  // namespace

// Address space is taken first, with room to move up to a boundary: only there can a file's pages be huge ones.
Memory::Memory(std::size_t bytes) : mapped_(bytes + kHugePage), size_(bytes) {
  if (mapped_ < bytes) throw std::bad_alloc();
  base_ = ::mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base_ == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(base_);
  data_ = reinterpret_cast<std::byte*>((address + kHugePage - 1) / kHugePage * kHugePage);
}

Memory::~Memory() { ::munmap(base_, mapped_); }

std::shared_ptr<Memory> Memory::zeroed(std::size_t bytes) {
  std::shared_ptr<Memory> memory(new Memory(bytes));
  if (bytes == 0) return memory;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (::mmap(memory->data_, bytes, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) throw std::bad_alloc();
  ask_for_huge_pages(memory->data_, bytes);
  return memory;
}

std::shared_ptr<Memory> Memory::of_file(int descriptor, std::size_t bytes, bool populate) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) throw std::system_error(errno, std::generic_category());
  if (bytes == 0 || static_cast<std::uintmax_t>(status.st_size) < bytes) throw std::invalid_argument("file too short");
  std::shared_ptr<Memory> memory(new Memory(bytes));
  if (::mmap(memory->data_, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 0) == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category());
  }
  ask_for_huge_pages(memory->data_, bytes);
  if (populate) {
    put_pages_together(memory->data_, bytes);
    meet_pages(memory->data_, bytes);
  }
  return memory;
}

}  // namespace notcontent
