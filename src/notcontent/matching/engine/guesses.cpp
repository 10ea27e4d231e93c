#include "guesses.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mih_plan.hpp"

namespace notcontent {
namespace {

constexpr std::size_t kLooksAtOnce = 256;  // whose guesses are brought together: their number is a byte
constexpr float kLargestCost = 0x3fff;     // above every limit
constexpr std::size_t kReachedAtFirst = 1024;
constexpr unsigned kUnaffordable = 0x7fe;  // too, and small enough for a key to sort by

// The cost of a bit's being as estimated: ln(1 + e^-w) by table, which is forty times as fast as computing it.
class Doubts {
 public:
  Doubts() {
    for (std::size_t i = 0; i < kSteps; ++i) costs_[i] = std::log1p(std::exp(-static_cast<float>(i) / kStepsPerNat));
  }
  float of(float weight) const {
    const auto step = static_cast<std::size_t>(std::min(weight * kStepsPerNat + 0.5F, float{kSteps - 1}));
    return costs_[step];
  }

 private:
  static constexpr std::size_t kSteps = 1025;
  static constexpr float kStepsPerNat = 64;
  std::array<float, kSteps> costs_{};
};

std::uint32_t in_units(float nats) { return static_cast<std::uint32_t>(nats * kCostUnits + 0.5F); }

}  // namespace

LookCosts::LookCosts(const WeightedQuery& look) : bits{}, flip{}, as_estimated{} {
  static const Doubts doubts;
  for (unsigned chunk = 0; chunk < kChunks; ++chunk) {
    bits[chunk] = chunk_of(look.bits.data(), chunk);
    float sum = 0;
    for (std::size_t bit = chunk * kChunkBits; bit < (chunk + 1) * kChunkBits; ++bit) {
      flip[bit] = static_cast<std::uint16_t>(in_units(std::min(look.weights[bit], kLargestCost / kCostUnits)));
      sum += doubts.of(look.weights[bit]);
    }
    as_estimated[chunk] = in_units(sum);
  }
}

CheckCosts::CheckCosts(const LookCosts& look, unsigned chunk) {
  using Eight = std::uint16_t __attribute__((vector_size(16)));
  using EightBytes = std::uint8_t __attribute__((vector_size(8)));
  constexpr Eight kValues{0, 1, 2, 3, 4, 5, 6, 7};
  for (unsigned half = 0; half < 4; ++half) {
    const std::uint16_t* flip = look.flip.data() + chunk * kChunkBits + half * 4;
    const auto estimated = static_cast<std::uint16_t>(look.bits[chunk] >> (half * 4) & 0xfU);
    const Eight differing = kValues ^ estimated;
    Eight costs{};  // of values below 8, but for their highest bit: four of the largest fit
    for (std::uint16_t bit = 0; bit < 3; ++bit) {
      const Eight is_set = differing >> bit & std::uint16_t{1};
      costs += (Eight{} - is_set) & flip[bit];
    }
    for (unsigned highest = 0; highest < 2; ++highest) {
      const std::uint16_t flipped = estimated >> 3 == highest ? 0 : flip[3];
      const Eight all = costs + flipped;
      const Eight most = Eight{} + static_cast<std::uint16_t>(kMostLeft + 1);
      const auto bytes = __builtin_convertvector(all < most ? all : most, EightBytes);
      std::memcpy(of[half] + 8 * highest, &bytes, sizeof bytes);
    }
  }
}

GuessLimits::GuessLimits(double chunk_nats, double both_nats)
    : chunk(in_units(static_cast<float>(chunk_nats))), both(in_units(static_cast<float>(both_nats))) {}

Guesser::Guesser() : guessed_(kBuckets / 64), best_(kBuckets), reached_(kReachedAtFirst) {}

void Guesser::about(unsigned chunk, const std::vector<LookCosts>& looks, GuessLimits limits,
                    std::vector<Guess>& guesses) {
  std::size_t taken = 0;
  for (std::size_t first = 0; first < looks.size(); first += kLooksAtOnce) {
    const std::size_t count = std::min(kLooksAtOnce, looks.size() - first);
    for (std::size_t i = 0; i < count; ++i) guess(looks[first + i], static_cast<std::uint32_t>(i), chunk, limits);
    if (guesses.size() < taken + count_) guesses.resize(taken + count_);
    taken += take(first, guesses.data() + taken);
  }
  guesses.resize(taken);
}

// Hand over what was guessed, and be as before.
std::size_t Guesser::take(std::size_t first_look, Guess* guesses) {
  const std::size_t count = count_;
  for (std::size_t word = 0; word < guessed_.size(); ++word) {
    for (std::uint64_t values = guessed_[word]; values != 0; values &= values - 1) {
      const std::size_t value = word * 64 + static_cast<std::size_t>(__builtin_ctzll(values));
      const std::uint16_t best = best_[value];
      *guesses++ = {static_cast<std::uint16_t>(value), static_cast<std::uint16_t>(first_look + (best & 0xffU)),
                    static_cast<std::uint8_t>(best >> 8)};
      best_[value] = 0;
    }
    guessed_[word] = 0;
  }
  count_ = 0;
  return count;
}

void Guesser::guess(const LookCosts& look, std::uint32_t number, unsigned chunk, GuessLimits limits) {
  const std::uint32_t alone = look.as_estimated[chunk];
  const std::uint32_t both = alone + look.as_estimated[(chunk + 1) % kChunks];
  if (alone > limits.chunk || both > limits.both) return;
  const std::uint32_t left = std::min(limits.chunk - alone, limits.both - both);
  const std::uint32_t beyond =
      limits.both - both - left;  // what a check word may cost more than the guess itself could

  const std::size_t reached = reach(look.flip.data() + chunk * kChunkBits, left, look.bits[chunk]);
  std::size_t fresh = 0;
  // Without a branch: which look is the better one cannot be foretold.
  for (std::size_t i = 0; i < reached; ++i) {
    const std::size_t value = reached_[i] & 0xffffU;
    const std::uint32_t now = std::min((reached_[i] >> 16) + beyond, kMostLeft) << 8 | number;
    const std::uint64_t word = guessed_[value / 64];
    fresh += ~word >> (value % 64) & 1U;
    guessed_[value / 64] = word | std::uint64_t{1} << (value % 64);
    best_[value] = std::max(best_[value], static_cast<std::uint16_t>(now));
  }
  count_ += fresh;
}

// All values that flips lead to, with what is left then. The dearest flips come first, while there are few values to
// try them on; there is no branch, since which flip can be afforded cannot be foretold.
std::size_t Guesser::reach(const std::uint16_t* flip, std::uint32_t left, std::uint32_t value) {
  std::array<std::int16_t, kChunkBits> keys;  // cost, then bit
  std::array<std::int16_t, kChunkBits> dearer{};
  for (unsigned bit = 0; bit < kChunkBits; ++bit) {
    keys[bit] = static_cast<std::int16_t>(std::min<unsigned>(flip[bit], kUnaffordable) << 4 | bit);
  }
  for (const std::int16_t key : keys) {
    for (unsigned bit = 0; bit < kChunkBits; ++bit) {
      dearer[bit] = static_cast<std::int16_t>(dearer[bit] + (key > keys[bit] ? 1 : 0));
    }
  }
  std::array<std::int16_t, kChunkBits> order{};
  for (unsigned bit = 0; bit < kChunkBits; ++bit) order[static_cast<std::size_t>(dearer[bit])] = keys[bit];

  const auto most = static_cast<std::int16_t>(std::min<std::uint32_t>(left, kUnaffordable - 1) << 4 | 0xfU);
  std::int16_t beyond = 0;  // flips that cannot be afforded
  for (const std::int16_t key : keys) beyond = static_cast<std::int16_t>(beyond + (key > most ? 1 : 0));

  reached_[0] = left << 16 | value;
  std::size_t count = 1;
  for (auto place = static_cast<std::size_t>(beyond); place < kChunkBits; ++place) {
    const std::int16_t key = order[place];
    const std::uint32_t cost = static_cast<std::uint32_t>(key >> 4) << 16;
    const std::uint32_t bit = std::uint32_t{1} << (key & 0xf);
    const std::size_t before = count;
    if (__builtin_expect(2 * before >= reached_.size(), 0)) reached_.resize(4 * before);
    std::uint32_t* reached = reached_.data();
    for (std::size_t i = 0; i < before; ++i) {
      const std::uint32_t from = reached[i];
      reached[count] = (from - cost) ^ bit;
      count += from >= cost ? 1 : 0;
    }
  }
  return count;
}

}  // namespace notcontent
