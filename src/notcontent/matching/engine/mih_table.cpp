#include "mih_table.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "crew.hpp"

namespace notcontent {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kParts = 256;  // of a table, by the high byte of the chunk, while it is built

constexpr std::size_t rounded(std::size_t value, std::size_t step) { return (value + step - 1) / step * step; }

std::uint16_t chunk_of(const std::uint64_t* row, unsigned chunk) {
  return static_cast<std::uint16_t>(row[chunk / 4] >> (chunk % 4 * kChunkBits));
}

}  // namespace

Layout::Layout(std::size_t count, bool dense_ids)
    : groups((count + kGroupRows - 1) / kGroupRows),
      offsets_stride(rounded(kBuckets + 1, kLine / sizeof(std::uint32_t))),
      entries_stride(rounded(count, kLine / sizeof(std::uint16_t))),
      // A word more than the bits need, so that a search may read past the last one.
      highs_stride(rounded((count + kBuckets * groups) / 64 + 2, kLine / sizeof(std::uint64_t))),
      bytes{count * kRowBytes,
            (dense_ids ? std::min<std::size_t>(count, 1) : count) * sizeof(std::uint32_t),
            kChunks * offsets_stride * sizeof(std::uint32_t),
            kChunks * entries_stride * sizeof(std::uint16_t),
            kChunks * entries_stride * sizeof(std::uint16_t),
            kChunks * highs_stride * sizeof(std::uint64_t)} {}

DeadRows DeadRows::with(const std::vector<std::uint32_t>& rows) const {
  DeadRows next = *this;
  std::vector<std::shared_ptr<Block>> fresh;
  for (const std::uint32_t row : rows) {
    const std::size_t which = row / kBlockBits;
    if (which >= next.blocks_.size()) next.blocks_.resize(which + 1);
    if (which >= fresh.size()) fresh.resize(which + 1);
    if (!fresh[which]) {
      fresh[which] = next.blocks_[which] ? std::make_shared<Block>(*next.blocks_[which]) : std::make_shared<Block>();
      next.blocks_[which] = fresh[which];
    }
    (*fresh[which])[row % kBlockBits / 64] |= std::uint64_t{1} << (row % 64);
  }
  next.count_ += rows.size();
  return next;
}

MihTable::MihTable(std::vector<std::uint32_t> ids, std::shared_ptr<Memory> rows, unsigned threads)
    : count_(ids.size()),
      dense_(ids.empty() || ids.back() - ids.front() == ids.size() - 1),
      first_id_(ids.empty() ? 0 : ids.front()),
      layout_(count_, dense_),
      row_memory_(std::move(rows)) {
  rows_ = reinterpret_cast<const std::uint64_t*>(row_memory_->data());
  if (dense_) ids.assign(ids.empty() ? 0 : 1, first_id_);
  ids.shrink_to_fit();
  own_ids_ = std::move(ids);
  ids_ = own_ids_.data();
  build(threads);
}

MihTable::MihTable(std::shared_ptr<Memory> memory, const std::array<std::size_t, kSections>& offsets, std::size_t count,
                   bool dense_ids)
    : count_(count), dense_(dense_ids), layout_(count, dense_ids), memory_(std::move(memory)) {
  std::array<const std::byte*, kSections> begins;
  for (std::size_t s = 0; s < kSections; ++s) {
    const bool fits = offsets[s] <= memory_->size() && layout_.bytes[s] <= memory_->size() - offsets[s];
    if (!fits || offsets[s] % kLine != 0) throw std::invalid_argument("a section lies outside of the file");
    begins[s] = memory_->data() + offsets[s];
  }
  rows_ = reinterpret_cast<const std::uint64_t*>(begins[0]);
  ids_ = reinterpret_cast<const std::uint32_t*>(begins[1]);
  offsets_ = reinterpret_cast<const std::uint32_t*>(begins[2]);
  checks_ = reinterpret_cast<const std::uint16_t*>(begins[3]);
  lows_ = reinterpret_cast<const std::uint16_t*>(begins[4]);
  highs_ = reinterpret_cast<const std::uint64_t*>(begins[5]);
  if (dense_ && count_ > 0) first_id_ = ids_[0];
  check_offsets();
}

void MihTable::check_offsets() const {
  for (unsigned chunk = 0; chunk < kChunks; ++chunk) {
    const std::uint32_t* of_chunk = offsets(chunk);
    bool ascending = of_chunk[0] == 0 && of_chunk[kBuckets] == count_;
    for (std::size_t b = 0; b < kBuckets; ++b) ascending &= of_chunk[b] <= of_chunk[b + 1];
    if (!ascending) throw std::invalid_argument("buckets that are not in order");
  }
}

const std::byte* MihTable::section(Section which) const {
  const std::array<const void*, kSections> begins{rows_, ids_, offsets_, checks_, lows_, highs_};
  return static_cast<const std::byte*>(begins[static_cast<std::size_t>(which)]);
}

std::optional<std::uint32_t> MihTable::find(std::uint32_t id) const {
  if (dense_) {
    if (count_ == 0 || id < first_id_ || id - first_id_ >= count_) return std::nullopt;
    return id - first_id_;
  }
  const std::uint32_t* at = std::lower_bound(ids_, ids_ + count_, id);
  if (at == ids_ + count_ || *at != id) return std::nullopt;
  return static_cast<std::uint32_t>(at - ids_);
}

void MihTable::build(unsigned threads) {
  std::size_t bytes = 0;
  std::array<std::size_t, kSections> begins{};
  const std::size_t step = count_ * kRowBytes >= kHugePage ? kHugePage : kLine;
  for (std::size_t s = static_cast<std::size_t>(Section::offsets); s < kSections; ++s) {
    begins[s] = bytes;
    bytes = rounded(bytes + layout_.bytes[s], step);
  }
  memory_ = Memory::zeroed(bytes);
  offsets_ = reinterpret_cast<const std::uint32_t*>(memory_->data() + begins[2]);
  checks_ = reinterpret_cast<const std::uint16_t*>(memory_->data() + begins[3]);
  lows_ = reinterpret_cast<const std::uint16_t*>(memory_->data() + begins[4]);
  highs_ = reinterpret_cast<const std::uint64_t*>(memory_->data() + begins[5]);

  const std::size_t members = std::min<std::size_t>(threads, kChunks);
  std::vector<std::vector<std::uint64_t>> entries(members);
  share_out(kChunks, members,
            [&](std::size_t chunk, std::size_t member) { build_chunk(static_cast<unsigned>(chunk), entries[member]); });
}

// Sorts in two rounds, by high byte and then within it, so that each round writes to few places at a time.
void MihTable::build_chunk(unsigned chunk, std::vector<std::uint64_t>& entries) {
  auto* offsets = const_cast<std::uint32_t*>(this->offsets(chunk));
  auto* checks = const_cast<std::uint16_t*>(this->checks(chunk));
  auto* lows = const_cast<std::uint16_t*>(this->lows(chunk));
  auto* highs = const_cast<std::uint64_t*>(this->highs(chunk));

  std::vector<std::uint32_t> next(kBuckets);  // where the next row of each bucket goes
  for (std::size_t r = 0; r < count_; ++r) ++next[chunk_of(row(r), chunk)];
  std::uint32_t sum = 0;
  for (std::size_t b = 0; b < kBuckets; ++b) {
    offsets[b] = sum;
    sum += next[b];
    next[b] = offsets[b];
  }
  std::fill(offsets + kBuckets, offsets + layout_.offsets_stride, sum);

  std::array<std::uint32_t, kParts> next_of_part;
  for (std::size_t p = 0; p < kParts; ++p) next_of_part[p] = offsets[p * (kBuckets / kParts)];
  entries.resize(count_);
  const unsigned following = (chunk + 1) % kChunks;
  for (std::size_t r = 0; r < count_; ++r) {
    const std::uint64_t value = chunk_of(row(r), chunk);
    entries[next_of_part[value >> 8]++] =
        std::uint64_t{r} | std::uint64_t{chunk_of(row(r), following)} << 32 | value << 48;
  }
  for (const std::uint64_t entry : entries) {
    const std::size_t bucket = entry >> 48;
    const auto place = static_cast<std::uint32_t>(entry);
    const std::size_t at = next[bucket]++;
    checks[at] = static_cast<std::uint16_t>(entry >> 32);
    lows[at] = static_cast<std::uint16_t>(place);
    // Entry j of bucket b, whose bits begin at offsets[b] + b * groups, sets bit (place >> 16) + j of them.
    const std::size_t bit = at + bucket * layout_.groups + (place >> 16);
    highs[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

}  // namespace notcontent
