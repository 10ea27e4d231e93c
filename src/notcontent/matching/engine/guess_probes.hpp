// The innermost loops of a search by guesses: buckets whose check words are weighed, and where their rows lie.
#pragma once

#include "guesses.hpp"
#include "probes.hpp"

namespace notcontent {

class MihTable;

// One bucket to look into for one look.
struct GuessProbe {
  std::uint32_t begin;  // its entries, in its chunk's table
  std::uint32_t end;
  std::uint16_t bucket;
  std::uint16_t look;
  std::uint8_t left;  // what a check word may cost the look
  std::uint8_t chunk;
};

// Weigh the entries of all these buckets, and append those whose check word costs little enough. `costs` has one for
// each look. Stops after a bucket when there are `enough` survivors, and returns the number of the first bucket that was not looked into.
using ScanGuesses = std::size_t (*)(const Tables& tables, const CheckCosts* costs, const GuessProbe* probes,
                                    std::size_t first, std::size_t count, std::size_t enough,
                                    std::vector<Survivor>& survivors);

// Append the places of the survivors' rows to the list of the look that they survived.
using LocateGuessed = void (*)(const MihTable& table, const GuessProbe* probes, const std::vector<Survivor>& survivors,
                               std::vector<std::vector<std::uint32_t>>& places_of_looks);

// Both loops, for one instruction set.
struct GuessKernels {
  ScanGuesses scan;
  LocateGuessed locate;
};

extern const GuessKernels kPortableGuesses;
#if defined(__x86_64__)
extern const GuessKernels kScalarGuesses;
extern const GuessKernels kAvx2Guesses;
extern const GuessKernels kAvx512Guesses;
#endif

}  // namespace notcontent
