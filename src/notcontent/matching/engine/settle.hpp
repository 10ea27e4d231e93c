// From an entry whose check word is near enough to the row itself, and to the verdict on it.
//
// Like kernel_scalar.hpp, this is force-inlined into functions that carry a `target` attribute (probes.cpp).
#pragma once

#include <algorithm>

#include "mih_plan.hpp"
#include "mih_table.hpp"
#include "probes.hpp"

namespace notcontent {

// Where the set bit number `rank` of a word is; it has so many.
struct SelectByClearing {
  [[gnu::always_inline]] static std::size_t at(std::uint64_t word, std::uint32_t rank) {
    for (; rank > 0; --rank) word &= word - 1;
    return static_cast<std::size_t>(__builtin_ctzll(word));
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

  // The row of an entry of a bucket, which is the probe numbered `number`. A damaged file may lead anywhere, so what
  // lies outside of the table becomes row 0.
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

template <class Select>
class Settler {
 public:
  [[gnu::always_inline]] Settler(const Settling& on, const Probe* probes, Hits& hits)
      : on_(on), probes_(probes), hits_(hits), places_(on.table) {}

  // The scan has asked for what tells the places; the rows are asked for some time before they are needed.
  [[gnu::always_inline]] void settle(const std::vector<Survivor>& survivors) {
    std::size_t places[kTogether];
    for (std::size_t first = 0; first < survivors.size(); first += kTogether) {
      const std::size_t count = std::min(kTogether, survivors.size() - first);
      for (std::size_t i = 0; i < count; ++i) {
        const Survivor& survivor = survivors[first + i];
        places[i] = places_.of(probes_[survivor.probe], survivor.probe, survivor.entry);
        __builtin_prefetch(on_.table.row(places[i]));
      }
      for (std::size_t i = 0; i < count; ++i) compare(probes_[survivors[first + i].probe], places[i]);
    }
  }

 private:
  static constexpr std::size_t kTogether = 128;

  [[gnu::always_inline]] void compare(const Probe& probe, std::size_t place) {
    const std::uint64_t* query = on_.queries + probe.query * kRowWords;
    const std::uint64_t* row = on_.table.row(place);
    Words differing;
    std::uint32_t distance = 0;
    for (std::size_t w = 0; w < kRowWords; ++w) {
      differing[w] = query[w] ^ row[w];
      distance += static_cast<std::uint32_t>(__builtin_popcountll(differing[w]));
    }
    if (__builtin_expect(distance > on_.radius, 1)) return;
    if (on_.dead.has(place) || !is_first(differing, probe.chunk)) return;
    hits_.push_back({probe.query, on_.table.id(place), distance});
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
  const Probe* probes_;
  Hits& hits_;
  Places<Select> places_;
};

}  // namespace notcontent
