// Rows in the order in which they came, with a way to each from its id. For one writer; what it gives out never
// changes.
//
// Rows lie in chunks that never change once given out: a change copies the few chunks that it touches. So a search
// may go on in what it was given while the next state is made.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "id_table.hpp"
#include "permute.hpp"
#include "search.hpp"

namespace notcontent {

// An id is held already, or was given twice. Nothing was added.
struct DuplicateId : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// One state of a pile. All of its chunks but the last are full.
class Chunks {
 public:
  static constexpr std::size_t kChunkRows = kTileRows;

  std::size_t size() const { return count_; }
  std::uint32_t id(std::size_t row) const { return chunks_[row / kChunkRows]->ids[row % kChunkRows]; }
  Words row(std::size_t row) const;

  // Cut for a search; borrowed from this object.
  std::vector<Rows> tiles() const;

 private:
  friend class Pile;
  struct alignas(64) Chunk {
    std::uint64_t blocks[kChunkRows / kBlockRows * kBlockWords];
    std::uint32_t ids[kChunkRows];
  };

  void put(std::size_t row, const Words& words, std::uint32_t id) noexcept;
  void take(std::size_t row) noexcept;
  std::size_t chunk_count() const { return (count_ + kChunkRows - 1) / kChunkRows; }

  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::size_t count_ = 0;
};

class Pile {
 public:
  Pile() : now_(std::make_shared<const Chunks>()) {}

  std::shared_ptr<const Chunks> now() const { return now_; }
  bool holds(std::uint32_t id) const { return rows_of_ids_.find(id) != IdTable::kNoRow; }

  // Throws DuplicateId, std::length_error (a pile holds less than 2^32 rows) or std::bad_alloc; then nothing changed.
  void add(const std::vector<Words>& rows, const std::vector<std::uint32_t>& ids);

  // Taking out goes in two steps, so that it can be joined with other changes: everything that can fail is in the
  // first, and the second is for the same pile, unchanged since.
  struct Removal {
    std::shared_ptr<Chunks> next;
    std::vector<std::uint32_t> ids;  // those that are held, each once
  };
  Removal prepared(const std::vector<std::uint32_t>& ids) const;
  void remove(Removal&& removal) noexcept;

 private:
  std::shared_ptr<const Chunks> now_;
  IdTable rows_of_ids_;
};

}  // namespace notcontent
