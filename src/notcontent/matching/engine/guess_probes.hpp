// The innermost loops of a search by guesses: buckets whose check words are weighed (guess_probes.cpp), and what lies
// there, looked at as a whole (guess_rows.cpp).
#pragma once

#include "guesses.hpp"
#include "losses.hpp"
#include "probes.hpp"

namespace notcontent {

class MihTable;

// One bucket to look into for one look. It has an entry at least.
struct GuessProbe {
  std::uint32_t begin;  // its entries, in its chunk's table
  std::uint32_t end;
  std::uint16_t bucket;
  std::uint16_t look;
  std::uint8_t left;  // what a check word may cost the look
  std::uint8_t chunk;
};

// Written to without asking each time whether there is room, and without clearing it first.
template <class T>
class Appended {
 public:
  void clear() { count_ = 0; }
  std::size_t count() const { return count_; }
  const T* data() const { return all_.data(); }

  // Make room for so many, and one that is written before it is known whether it counts.
  [[gnu::always_inline]] void make_room(std::size_t more) {
    if (__builtin_expect(count_ + more >= all_.size(), 0)) all_.resize(2 * (count_ + more) + kAtFirst);
  }
  [[gnu::always_inline]] void add_if(bool counts, T one) {
    all_[count_] = one;
    count_ += counts ? 1 : 0;
  }

 private:
  static constexpr std::size_t kAtFirst = 4096;

  std::vector<T> all_;
  std::size_t count_ = 0;
};

// The entries of some buckets whose check words cost little enough.
using Survivors = Appended<Survivor>;

// A row that was met for one look.
struct NearRow {
  std::uint32_t place;
  std::uint32_t look;
};

// Weigh the entries of all these buckets, and add those whose check word costs little enough. `costs` has one for
// each look. Stops after a bucket when there are `enough` survivors, and returns the number of the first bucket that
// was not looked into.
using ScanGuesses = std::size_t (*)(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes,
                                    std::size_t first, std::size_t count, std::size_t enough, Survivors& survivors);

// Append those survivors' rows.
using FindRows = void (*)(const MihTable& table, const GuessProbe* probes, const Survivors& survivors,
                          Appended<NearRow>& rows);

// Append those of some rows that may fit the look that met them; `losses` has one for each look. It is quick where rows
// that come one after the other lie near each other.
using SiftRows = void (*)(const MihTable& table, const Losses* losses, const NearRow* rows, std::size_t count,
                          std::vector<NearRow>& near);

struct RowKernels {
  FindRows find;
  SiftRows sift;
};

// All loops, for one instruction set.
struct GuessKernels {
  ScanGuesses scan;
  const RowKernels& rows;
};

extern const RowKernels kPortableRows;
extern const GuessKernels kPortableGuesses;
#if defined(__x86_64__)
extern const RowKernels kScalarRows;
extern const RowKernels kAvx2Rows;
extern const RowKernels kAvx512Rows;
extern const GuessKernels kScalarGuesses;
extern const GuessKernels kAvx2Guesses;
extern const GuessKernels kAvx512Guesses;
#endif

}  // namespace notcontent
