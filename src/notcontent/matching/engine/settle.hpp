// From an entry whose check word is near enough to the row itself, and to the verdict on it.
//
// Like kernel_scalar.hpp, this is force-inlined into functions that carry a `target` attribute (probes.cpp,
// crowds.cpp).
#pragma once

#include <algorithm>
#include <array>

#include "mih_plan.hpp"
#include "mih_table.hpp"
#include "probe_walk.hpp"

namespace notcontent {

// Where the set bit number `rank` of a word is; it has so many. By sums of bits, first up to each byte of the word,
// then up to each bit of that byte, without a branch: which bit it is cannot be guessed.
struct SelectBySums {
  [[gnu::always_inline]] static std::size_t at(std::uint64_t word, std::uint32_t rank) {
    std::uint64_t sums = word - (word >> 1 & 0x5555555555555555U);
    sums = (sums & 0x3333333333333333U) + (sums >> 2 & 0x3333333333333333U);
    sums = ((sums + (sums >> 4)) & 0x0f0f0f0f0f0f0f0fU) * kEach;
    const unsigned byte = at_most(sums, rank);
    const std::uint64_t passed = sums << 8 >> (8 * byte) & 0xffU;
    std::uint64_t bits = (word >> (8 * byte) & 0xffU) * kEach & 0x8040201008040201U;  // byte i holds bit i, if anything
    bits = (bits + 0x7f7f7f7f7f7f7f7fU) >> 7 & kEach;
    return 8 * byte + at_most(bits * kEach, rank - static_cast<std::uint32_t>(passed));
  }

 private:
  static constexpr std::uint64_t kEach = 0x0101010101010101U;

  // How many bytes of `sums`, which are at most 64, are at most `rank`.
  [[gnu::always_inline]] static unsigned at_most(std::uint64_t sums, std::uint32_t rank) {
    const std::uint64_t are = ((rank * kEach | 0x8080808080808080U) - sums) >> 7 & kEach;
    return static_cast<unsigned>(are * kEach >> 56);
  }
};

#if defined(__x86_64__)
// By one instruction, which older processors have but take hundreds of cycles for. Written as assembler because a
// function for one instruction set is not inlined into one for all.
struct SelectByDeposit {
  [[gnu::always_inline]] static std::size_t at(std::uint64_t word, std::uint32_t rank) {
    std::uint64_t bit = 0;
    __asm__("pdep %2, %1, %0" : "=r"(bit) : "r"(std::uint64_t{1} << rank), "r"(word));
    return static_cast<std::size_t>(__builtin_ctzll(bit));
  }
};
#endif

// From entries to places, the entries of a bucket one after the other.
template <class Select>
class Places {
 public:
  [[gnu::always_inline]] explicit Places(const MihTable& table) : table_(table) {}

  // The row of an entry of a bucket, for the look with this number, whose entries ascend. A damaged file may lead
  // anywhere, so what lies outside of the table becomes row 0.
  template <class Bucket>
  [[gnu::always_inline]] std::size_t of(const Bucket& probe, std::uint32_t number, std::uint32_t entry) {
    const std::uint64_t* highs = table_.highs(probe.chunk);
    const std::size_t groups = table_.layout().groups;
    const std::size_t start = probe.begin + probe.bucket * groups;
    if (cursor_.probe != number) {
      cursor_ = {number, 0, start / 64, highs[start / 64] & ~std::uint64_t{0} << (start % 64)};
    }
    const std::uint32_t rank = entry - probe.begin;
    const std::size_t last_word = (probe.end + (std::size_t{probe.bucket} + 1) * groups) / 64;
    for (;;) {
      const auto here = static_cast<std::uint32_t>(__builtin_popcountll(cursor_.bits));
      if (cursor_.passed + here > rank) break;
      if (cursor_.word == last_word) return 0;
      cursor_.passed += here;
      cursor_.bits = highs[++cursor_.word];
    }
    const std::size_t bit = cursor_.word * 64 + Select::at(cursor_.bits, rank - cursor_.passed);
    const std::size_t place = (bit - start - rank) << 16 | table_.lows(probe.chunk)[entry];
    return place < table_.size() ? place : 0;
  }

 private:
  static constexpr std::uint32_t kNoProbe = 0xffffffffU;

  // Where in the unary bits of a bucket the last entry was found; the next one of the same bucket lies after it.
  struct Cursor {
    std::uint32_t probe;
    std::uint32_t passed;  // entries of the bucket whose bit lies before `bits`
    std::size_t word;
    std::uint64_t bits;  // what is left of the word
  };

  const MihTable& table_;
  Cursor cursor_{kNoProbe, 0, 0, 0};
};

// What is near, `kTogether` at a time: first the places of all are found, then their rows are asked for, one after the
// other, and compared when the next ones are asked for. Asked for between finding places, where branches are often
// guessed wrong, they come much more slowly.
template <class Select, class Bucket>
class Settler {
 public:
  [[gnu::always_inline]] Settler(const Settling& on, Hits& hits) : on_(on), hits_(hits), places_(on.table) {}

  // An entry of a bucket that is near to what a query wants, found by the look with this number. What tells its place
  // has been asked for. The bucket must stay until it is settled, which all are after `finish`.
  [[gnu::always_inline]] void meet(const Bucket& bucket, std::uint32_t number, std::uint32_t query,
                                   std::uint32_t entry) {
    met_[met_count_++] = {&bucket, number, query, entry};
    if (met_count_ == kTogether) take_turn();
  }

  [[gnu::always_inline]] void finish() {
    while (met_count_ + asked_count_ > 0) take_turn();
  }

 private:
  static constexpr std::size_t kTogether = 64;

  struct Met {
    const Bucket* bucket;
    std::uint32_t number;
    std::uint32_t query;
    std::uint32_t entry;
  };

  // A row that was asked for.
  struct Asked {
    std::size_t place;
    std::uint32_t query;
    std::uint32_t chunk;
  };

  [[gnu::always_inline]] void take_turn() {
    std::array<Asked, kTogether> next;
    for (std::size_t i = 0; i < met_count_; ++i) {
      const Met& met = met_[i];
      next[i] = {places_.of(*met.bucket, met.number, met.entry), met.query, met.bucket->chunk};
    }
    for (std::size_t i = 0; i < std::max(met_count_, asked_count_); ++i) {
      if (i < asked_count_) compare(asked_[i].query, asked_[i].chunk, asked_[i].place);
      if (i >= met_count_) continue;
      asked_[i] = next[i];
      __builtin_prefetch(on_.table.row(next[i].place));
      __builtin_prefetch(on_.queries + next[i].query * kRowWords);
    }
    asked_count_ = met_count_;
    met_count_ = 0;
  }

  [[gnu::always_inline]] void compare(std::uint32_t number, unsigned chunk, std::size_t place) {
    const std::uint64_t* query = on_.queries + number * kRowWords;
    const std::uint64_t* row = on_.table.row(place);
    Words differing;
    std::uint32_t distance = 0;
    for (std::size_t w = 0; w < kRowWords; ++w) {
      differing[w] = query[w] ^ row[w];
      distance += static_cast<std::uint32_t>(__builtin_popcountll(differing[w]));
    }
    if (__builtin_expect(distance > on_.radius, 1)) return;
    if (on_.dead.has(place) || !is_first(differing, chunk)) return;
    hits_.push_back({number, on_.table.id(place), distance});
  }

  // A row may be met through several chunks; it is reported through the first of them alone.
  [[gnu::always_inline]] bool is_first(const Words& differing, unsigned chunk) const {
    for (unsigned c = 0; c <= chunk; ++c) {
      const int here = __builtin_popcount(chunk_of(differing.data(), c));
      const int next = __builtin_popcount(chunk_of(differing.data(), (c + 1) % kChunks));
      if (here <= on_.plan.alone[c] && here + next <= on_.plan.together[c]) return c == chunk;
    }
    return false;
  }

  const Settling& on_;
  Hits& hits_;
  Places<Select> places_;
  std::array<Met, kTogether> met_;
  std::size_t met_count_ = 0;
  std::array<Asked, kTogether> asked_;
  std::size_t asked_count_ = 0;
};

}  // namespace notcontent
