// A living bank, searched by looking at every row.
//
// Rows lie in chunks that never change once published. A writer copies the few chunks that it touches and then
// publishes a new list of chunks in one step; a search works on the list that it found at its start. So a search
// sees an `add` or `remove` wholly or not at all, and neither side ever waits for the other.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "id_table.hpp"
#include "search.hpp"

namespace notcontent {

// An id is held already, or was given twice. Nothing was added.
struct DuplicateId : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

class Brute {
 public:
  explicit Brute(const Kernels& kernels);

  std::size_t size() const;

  // Add `count` rows of 32 bytes. Without ids they are numbered on from the largest id ever held. Returns the ids.
  // Throws DuplicateId, std::length_error (no ids left) or std::bad_alloc; then nothing has changed.
  std::vector<std::uint32_t> add(const std::uint8_t* rows, std::size_t count,
                                 std::optional<std::vector<std::uint32_t>> ids);

  // Take out rows by id; unknown ids are passed over. Returns how many were taken out.
  std::size_t remove(const std::vector<std::uint32_t>& ids);

  Found search(const std::vector<std::uint64_t>& queries, std::uint32_t radius, unsigned threads) const;

 private:
  static constexpr std::size_t kChunkRows = kTileRows;

  struct alignas(64) Chunk {
    std::uint64_t blocks[kChunkRows / kBlockRows * kBlockWords];
    std::uint32_t ids[kChunkRows];
  };

  // One state of the bank. Chunks before the last are full.
  struct Snapshot {
    std::vector<std::shared_ptr<Chunk>> chunks;
    std::size_t count = 0;
  };

  std::shared_ptr<const Snapshot> snapshot() const;
  void publish(std::shared_ptr<const Snapshot> next) noexcept;
  std::vector<std::uint32_t> numbered(std::size_t count) const;
  std::shared_ptr<Snapshot> grown(const Snapshot& now, const std::uint8_t* rows,
                                  const std::vector<std::uint32_t>& ids) const;
  static void move_row(Snapshot& state, std::size_t from, std::size_t to) noexcept;

  const Kernels& kernels_;
  mutable std::mutex publish_lock_;  // held only while the pointer below is copied
  std::shared_ptr<const Snapshot> current_;
  std::mutex write_lock_;  // one writer at a time; guards the two below
  IdTable rows_of_ids_;
  std::uint64_t next_id_ = 0;
};

}  // namespace notcontent
