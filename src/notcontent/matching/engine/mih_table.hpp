// Multi-index hashing with pigeonring check words: an immutable bank of many rows, searched by looking chunks up.
//
// A row is sixteen chunks of sixteen bits (permute.hpp). Table c lists all rows by the value of their chunk c; rows of
// one value are a bucket. If a row is within radius r of a query, then, going round the chunks, some chunk c begins a
// walk along which the summed distance never reaches the summed allowance (the cycle lemma): at r = 31, chunk c
// differs by at most 1 bit and chunks c and c + 1 together by at most 3. So a search looks into the 17 buckets around
// each of the query's chunks, and compares the *next* chunk, its check word, which lies right there in the bucket.
// Hardly anything is left to compare as a whole (108 rows of 10 million), and nothing within the radius is missed.
//
// Beside each check word there is the row's place, in two parts, since places within a bucket ascend (Elias-Fano):
// the low sixteen bits as they are, the high part h in unary: entry j of its bucket sets bit h + j of the bucket's
// bits. That takes 18 bits a place instead of 32. So an entry takes 16 x (2 + 2 + 1/4) = 68 bytes over its row, and
// 4 more for its id when ids are not simply numbered on.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "memory.hpp"
#include "permute.hpp"
#include "search.hpp"

namespace notcontent {

constexpr std::size_t kBuckets = std::size_t{1} << kChunkBits;
constexpr std::size_t kGroupRows = std::size_t{1} << 16;  // rows that share the high part of their place

// Everything a table holds, in the order of a file's sections.
enum class Section { rows, ids, offsets, checks, lows, highs };
constexpr std::size_t kSections = 6;

// How long each section is, in bytes, and how far apart its sixteen tables lie, in elements.
struct Layout {
  Layout(std::size_t count, bool dense_ids);

  std::size_t groups;
  std::size_t offsets_stride;
  std::size_t entries_stride;
  std::size_t highs_stride;
  std::array<std::size_t, kSections> bytes;
};

// Rows that leave their bank before the next merge: a bit each, in blocks that are copied when they change.
class DeadRows {
 public:
  bool has(std::size_t row) const {
    const Block* block = row / kBlockBits < blocks_.size() ? blocks_[row / kBlockBits].get() : nullptr;
    return block != nullptr && ((*block)[row % kBlockBits / 64] >> (row % 64) & 1) != 0;
  }
  std::size_t count() const { return count_; }

  // The same with these rows dead as well, none of which was.
  DeadRows with(const std::vector<std::uint32_t>& rows) const;

 private:
  static constexpr std::size_t kBlockBits = std::size_t{1} << 16;
  using Block = std::array<std::uint64_t, kBlockBits / 64>;

  std::vector<std::shared_ptr<const Block>> blocks_;
  std::size_t count_ = 0;
};

class MihTable {
 public:
  // Rows in the engine's order of bits, ids ascending, each once. Throws std::bad_alloc.
  MihTable(std::vector<std::uint32_t> ids, std::shared_ptr<Memory> rows, unsigned threads);

  // Over memory that somebody else wrote: `offsets` says where each section begins. Throws std::invalid_argument
  // when a section is not where it can be, or when a search could be led outside of them. Wrong content beyond that
  // gives wrong answers, not a crash; it is for checksums to find.
  MihTable(std::shared_ptr<Memory> memory, const std::array<std::size_t, kSections>& offsets, std::size_t count,
           bool dense_ids);

  std::size_t size() const { return count_; }
  std::uint32_t id(std::size_t row) const { return dense_ ? first_id_ + static_cast<std::uint32_t>(row) : ids_[row]; }
  const std::uint64_t* row(std::size_t place) const { return rows_ + place * kRowWords; }
  std::optional<std::uint32_t> find(std::uint32_t id) const;
  const Layout& layout() const { return layout_; }
  const std::byte* section(Section which) const;

  // What a search reads.
  const std::uint32_t* offsets(unsigned chunk) const { return offsets_ + chunk * layout_.offsets_stride; }
  const std::uint16_t* checks(unsigned chunk) const { return checks_ + chunk * layout_.entries_stride; }
  const std::uint16_t* lows(unsigned chunk) const { return lows_ + chunk * layout_.entries_stride; }
  const std::uint64_t* highs(unsigned chunk) const { return highs_ + chunk * layout_.highs_stride; }

 private:
  void build(unsigned threads);
  void build_chunk(unsigned chunk, std::vector<std::uint64_t>& entries);
  void check_offsets() const;

  std::size_t count_;
  bool dense_;
  std::uint32_t first_id_ = 0;
  Layout layout_;
  std::vector<std::uint32_t> own_ids_;
  std::shared_ptr<Memory> row_memory_;
  std::shared_ptr<Memory> memory_;
  const std::uint64_t* rows_ = nullptr;
  const std::uint32_t* ids_ = nullptr;
  const std::uint32_t* offsets_ = nullptr;
  const std::uint16_t* checks_ = nullptr;
  const std::uint16_t* lows_ = nullptr;
  const std::uint64_t* highs_ = nullptr;
};

}  // namespace notcontent
