// The values that a chunk of a row may well have, by what some looks say of its bits.
//
// A look that is an estimate says of each bit how sure it is. So every value of a chunk has a chance: that all of its
// bits are right together. The likeliest value has the estimated bits; flipping a bit costs its log-odds. All values
// down to some chance are guessed, by flipping one bit after the other, the surest first. Looks of one upload are
// much alike, so a value that several guess is kept once, for the look that gives it the best chance.
//
// A guess is a bucket to look into (mih_table.hpp). What lies there has its next chunk beside it, the check word,
// and the same account is kept of that one: both chunks together must not be less likely than some chance either.
//
// Costs are in eighths of a nat and whole numbers, so that every processor finds the same rows.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "permute.hpp"
#include "weighted.hpp"

namespace notcontent {

constexpr float kCostUnits = 8;               // of a nat
constexpr std::uint32_t kMostLeft = 254;      // of what a check word may cost: a byte holds it, and one more
constexpr double kMostNats = 12;              // down to which one may guess
constexpr std::size_t kMostLooks = 1U << 16;  // that are searched for together: a guess keeps its look's number

// What bits that are not as estimated cost one look.
struct LookCosts {
  explicit LookCosts(const WeightedQuery& look);

  std::array<std::uint16_t, kChunks> bits;               // each chunk as estimated
  std::array<std::uint16_t, kChunks * kChunkBits> flip;  // a bit's being the other one
  std::array<std::uint32_t, kChunks> as_estimated;       // a chunk's having all of its bits as estimated
};

// What each half byte of a check word costs one look, beyond what the estimated one does; 255 is that and more.
struct alignas(64) CheckCosts {
  CheckCosts(const LookCosts& look, unsigned chunk);

  std::uint8_t of[4][16];
};

// How unlikely what is guessed may be.
struct GuessLimits {
  GuessLimits(double chunk_nats, double both_nats);

  std::uint32_t chunk;  // a chunk alone
  std::uint32_t both;   // it and the next
};

struct Guess {
  std::uint16_t value;
  std::uint16_t look;
  std::uint8_t left;  // what the check word may cost
};

// Collects the guesses about one chunk after the other. Takes 140 KiB, so one is used for many.
class Guesser {
 public:
  Guesser();

  // All guesses about a chunk, in place of what `guesses` has: by ascending value, each value once; or, of more than
  // 256 looks, so for each 256.
  void about(unsigned chunk, const std::vector<LookCosts>& looks, GuessLimits limits, std::vector<Guess>& guesses);

 private:
  void guess(const LookCosts& look, std::uint32_t number, unsigned chunk, GuessLimits limits);
  std::size_t reach(const std::uint16_t* flip, std::uint32_t left, std::uint32_t value);
  std::size_t take(std::size_t first_look, Guess* guesses);

  std::vector<std::uint64_t> guessed_;  // a bit a value
  std::vector<std::uint16_t> best_;     // of a value: what is left of it, then the look's number among 256
  std::vector<std::uint32_t> reached_;  // by one look: a value, and above it what is left
  std::size_t count_ = 0;               // of values that were guessed
};

}  // namespace notcontent
