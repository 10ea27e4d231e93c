// Memory for large tables: huge pages where the system gives them, or a file that many processes share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace notcontent {

// A look-up in a table of a gigabyte misses the processor's list of small pages nearly every time; a huge page holds
// 512 of them.
constexpr std::size_t kHugePage = std::size_t{2} << 20;

class Memory {
 public:
  // Zeroed memory, aligned to a huge page. Throws std::bad_alloc.
  static std::shared_ptr<Memory> zeroed(std::size_t bytes);

  // The first `bytes` of an open file, read-only. Throws std::system_error; std::invalid_argument when the file is
  // shorter. Whoever cuts the file short while it is mapped kills the reader (SIGBUS). With `populate` the file's
  // pages are put together to huge ones where the system can, and every page is met now, so that no later reading
  // waits for the system to find one.
  static std::shared_ptr<Memory> of_file(int descriptor, std::size_t bytes, bool populate);

  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  explicit Memory(std::size_t bytes);

  void* base_ = nullptr;
  std::size_t mapped_;
  std::byte* data_ = nullptr;
  std::size_t size_;
};

}  // namespace notcontent
