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

// A gigabyte has a quarter of a million small pages; met one by one by searches, each costs a microsecond or more. Piece
// by piece, because who needs the address space meanwhile (a larger heap, say) waits for the piece at hand.
void meet_pages(const std::byte* data, std::size_t bytes) {
  constexpr std::size_t piece = std::size_t{16} << 20;
  constexpr std::size_t page = 4096;
  for (std::size_t at = 0; at < bytes; at += piece) {
    const std::size_t length = std::min(piece, bytes - at);
#ifdef MADV_POPULATE_READ
    if (::madvise(const_cast<std::byte*>(data) + at, length, MADV_POPULATE_READ) == 0) continue;
#endif
    for (std::size_t i = 0; i < length; i += page) static_cast<void>(*static_cast<const volatile std::byte*>(data + at + i));
  }
}

}  // namespace

std::shared_ptr<Memory> Memory::zeroed(std::size_t bytes) {
  const std::size_t mapped = bytes + kHugePage;  // room to move up to the next boundary
  if (mapped < bytes) throw std::bad_alloc();
  void* base = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(base);
  const std::uintptr_t aligned = (address + kHugePage - 1) / kHugePage * kHugePage;
  auto* data = reinterpret_cast<std::byte*>(aligned);
  ask_for_huge_pages(data, bytes);
  return std::shared_ptr<Memory>(new Memory(base, mapped, data, bytes));
}

std::shared_ptr<Memory> Memory::of_file(int descriptor, std::size_t bytes, bool populate) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) throw std::system_error(errno, std::generic_category());
  if (bytes == 0 || static_cast<std::uintmax_t>(status.st_size) < bytes) throw std::invalid_argument("file too short");
  void* base = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (base == MAP_FAILED) throw std::system_error(errno, std::generic_category());
  ask_for_huge_pages(base, bytes);
  std::shared_ptr<Memory> memory(new Memory(base, bytes, static_cast<std::byte*>(base), bytes));
  if (populate) meet_pages(memory->data(), bytes);
  return memory;
}

Memory::~Memory() { ::munmap(base_, mapped_); }

}  // namespace notcontent
