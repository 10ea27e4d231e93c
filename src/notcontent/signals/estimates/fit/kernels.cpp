#include <algorithm>
#include <cmath>
#include <cstring>

#include "fit.hpp"
#include "lanes.hpp"
#include "native/instruction_sets.hpp"
#include "places.hpp"

#define NOTCONTENT_AVX2 __attribute__((target("avx2")))

namespace notcontent {
namespace {

constexpr double kRootOfTwo = 1.41421356237309504880;
constexpr std::size_t kSamples = 3;  // a side of a cell whose mean is taken

template <class R>
NOTCONTENT_INLINE void project(const Prior& prior, double first, double end, float* projection) {
  using Doubles = typename R::Doubles;
  using FewFloats = typename R::FewFloats;
  constexpr std::size_t kWide = R::kWide;
  alignas(32) double shown[kKept][kCells];
  const double step = (end - first) / static_cast<double>(kCells * kSamples);
  for (std::size_t cell = 0; cell < kCells; cell += kWide) {
    Doubles twice[kSamples], before[kSamples], now[kSamples];
    for (std::size_t sample = 0; sample < kSamples; ++sample) {
      Doubles place;
      for (std::size_t lane = 0; lane < kWide; ++lane) {
        place[lane] = first + (static_cast<double>((cell + lane) * kSamples + sample) + 0.5) * step;
      }
      now[sample] = cos_of_pi_times(place);
      twice[sample] = now[sample] + now[sample];
      before[sample] = Doubles{} + 1;
    }
    // Each cosine follows from the two before it (Chebyshev).
    for (std::size_t k = 0; k < kKept; ++k) {
      store((now[0] + now[1] + now[2]) * (kRootOfTwo / kSamples), &shown[k][cell]);
      for (std::size_t sample = 0; sample < kSamples; ++sample) {
        const Doubles next = twice[sample] * now[sample] - before[sample];
        before[sample] = now[sample];
        now[sample] = next;
      }
    }
  }
  for (std::size_t k = 0; k < kKept; ++k) {
    Doubles sums[kCells / kWide] = {};
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      for (std::size_t v = 0; v < kCells / kWide; ++v) {
        sums[v] += loaded<Doubles>(&prior.transform[cell][v * kWide]) * shown[k][cell];
      }
    }
    for (std::size_t v = 0; v < kCells / kWide; ++v) {
      store(__builtin_convertvector(sums[v], FewFloats), projection + k * kCells + v * kWide);
    }
  }
}

template <class R>
NOTCONTENT_INLINE void pull_down(const float* whitened, const float* projection, float* pulled) {
  using Floats = typename R::Floats;
  constexpr std::size_t kLanes = R::kLanes;
  for (std::size_t k = 0; k < kKept; ++k) {
    Floats sums[kCells / kLanes] = {};
    for (std::size_t v = 0; v < kCells; ++v) {
      for (std::size_t u = 0; u < kCells / kLanes; ++u) {
        sums[u] += loaded<Floats>(whitened + v * kCells + u * kLanes) * projection[k * kCells + v];
      }
    }
    for (std::size_t u = 0; u < kCells / kLanes; ++u) store(sums[u], pulled + k * kCells + u * kLanes);
  }
}

template <class R>
NOTCONTENT_INLINE void pull_across(const Prior& prior, const float* pulled, const float* transposed,
                                   float* coefficients) {
  using Floats = typename R::Floats;
  constexpr std::size_t kLanes = R::kLanes;
  constexpr std::size_t kTogether = kLanes / 2;
  constexpr std::size_t kParts = kKept / kLanes;
  for (std::size_t k = 0; k < kKept; k += kTogether) {
    Floats sums[kTogether][kParts] = {};
    for (std::size_t u = 0; u < kCells; ++u) {
      for (std::size_t part = 0; part < kParts; ++part) {
        const auto shown = loaded<Floats>(transposed + u * kKept + part * kLanes);
        for (std::size_t i = 0; i < kTogether; ++i) sums[i][part] += shown * pulled[(k + i) * kCells + u];
      }
    }
    for (std::size_t i = 0; i < kTogether; ++i) {
      for (std::size_t part = 0; part < kParts; ++part) {
        const std::size_t at = (k + i) * kKept + part * kLanes;
        store(sums[i][part] * loaded<Floats>(prior.spread + at), coefficients + at);
      }
    }
  }
}

NOTCONTENT_INLINE float number_of(std::int32_t key) { return as<float>(key ^ ((key >> 31) & 0x7fffffff)); }

// The least of 256 numbers whose bits are at least these, by keys as `median_of` makes them.
template <class R>
NOTCONTENT_INLINE float next_number(const std::int32_t* keys, std::uint32_t bits) {
  using Ints = typename R::Ints;
  const Ints limit = Ints{} + static_cast<std::int32_t>(bits ^ 0x80000000U);
  Ints least = Ints{} + 0x7fffffff;
  for (std::size_t at = 0; at < kBits; at += R::kLanes) {
    const auto some = loaded<Ints>(keys + at);
    least = (some >= limit) & (some < least) ? some : least;
  }
  std::int32_t key = least[0];
  for (std::size_t lane = 1; lane < R::kLanes; ++lane) key = std::min<std::int32_t>(key, least[lane]);
  return number_of(key);
}

// The 128th smallest of 256 numbers: their bits are ordered as they are, once those of negative ones are turned round.
template <class R>
NOTCONTENT_INLINE float median_of(const float* numbers) {
  using Floats = typename R::Floats;
  using Ints = typename R::Ints;
  constexpr std::size_t kLanes = R::kLanes;
  constexpr std::int32_t kRank = 127;
  alignas(32) std::int32_t keys[kBits];
  for (std::size_t at = 0; at < kBits; at += kLanes) {
    const Ints bits = as<Ints>(loaded<Floats>(numbers + at));
    store(bits ^ ((bits >> 31) & 0x7fffffff), keys + at);
  }
  std::uint32_t found = 0;     // above the least number there is: the largest bits below which there are few enough
  std::int32_t before = 0;     // numbers below that
  std::int32_t until = kBits;  // ... and below the least bits known to have too many
  for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1) {
    const Ints limit = Ints{} + static_cast<std::int32_t>((found | bit) ^ 0x80000000U);
    Ints below[4] = {};
    for (std::size_t at = 0; at < kBits; at += 4 * kLanes) {
      for (std::size_t i = 0; i < 4; ++i) below[i] -= loaded<Ints>(keys + at + i * kLanes) < limit;
    }
    const Ints lanes = (below[0] + below[1]) + (below[2] + below[3]);
    std::int32_t count = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) count += lanes[lane];
    (count <= kRank ? before : until) = count;
    if (count <= kRank) found |= bit;
    if (until - before == 1) return next_number<R>(keys, found);  // the only one between
  }
  return number_of(static_cast<std::int32_t>(found ^ 0x80000000U));
}

template <class R>
NOTCONTENT_INLINE float length_of(const float* numbers) {
  using Floats = typename R::Floats;
  constexpr std::size_t kParts = kSums / R::kLanes;
  Floats squares[kParts] = {};
  for (std::size_t at = 0; at < kBits; at += kSums) {
    for (std::size_t part = 0; part < kParts; ++part) {
      const auto some = loaded<Floats>(numbers + at + part * R::kLanes);
      squares[part] += some * some;
    }
  }
  float sums[kSums];
  std::memcpy(sums, squares, sizeof sums);
  return std::sqrt(sum_of(sums));
}

template <class R>
NOTCONTENT_INLINE void weigh(const Prior& prior, Flattening by, const float* coefficients, float* weights) {
  using Floats = typename R::Floats;
  constexpr std::size_t kLanes = R::kLanes;
  constexpr float kTiny = 1e-30F;  // has a logarithm, and a power that is nothing beside the others
  alignas(32) float above[kBits];
  for (std::size_t at = 0; at < kBits; at += kLanes) {
    store(loaded<Floats>(coefficients + at) * loaded<Floats>(prior.spread + at), above + at);
  }
  const float median = median_of<R>(above);
  for (std::size_t at = 0; at < kBits; at += kLanes) {
    store(loaded<Floats>(coefficients + at) - median / loaded<Floats>(prior.spread + at), above + at);
  }
  const float level = length_of<R>(above) / kKept;
  const float scale = level >= by.least ? 1 / level : 0;
  for (std::size_t at = 0; at < kBits; at += kLanes) {
    const Floats signed_size = loaded<Floats>(above + at) * scale;
    Floats size = signed_size < 0 ? -signed_size : signed_size;
    size = size < by.most ? size : Floats{} + by.most;
    const Floats flat = power_of<R>(size < kTiny ? Floats{} + kTiny : size, by.power);
    store(signed_size > 0 ? flat : (signed_size < 0 ? -flat : Floats{}), above + at);
  }
  const float length = length_of<R>(above);
  const float unit = length > 0 ? length : 1;
  for (std::size_t at = 0; at < kBits; at += kLanes) store(loaded<Floats>(above + at) / unit, weights + at);
}

// The loops above, compiled for one instruction set.
#define NOTCONTENT_KERNELS(NAME, BYTES, TARGET)                                                                    \
  TARGET void project_##NAME(const Prior& prior, double first, double end, float* projection) {                    \
    project<Registers##BYTES>(prior, first, end, projection);                                                      \
  }                                                                                                                \
  TARGET void pull_down_##NAME(const float* whitened, const float* projection, float* pulled) {                    \
    pull_down<Registers##BYTES>(whitened, projection, pulled);                                                     \
  }                                                                                                                \
  TARGET void pull_across_##NAME(const Prior& prior, const float* pulled, const float* transposed, float* found) { \
    pull_across<Registers##BYTES>(prior, pulled, transposed, found);                                               \
  }                                                                                                                \
  TARGET void place_##NAME(const Prior& prior, const Map& map, const float* pull, float* found) {                  \
    place<Registers##BYTES>(prior, map, pull, found);                                                              \
  }                                                                                                                \
  TARGET void weigh_##NAME(const Prior& prior, Flattening by, const float* coefficients, float* weights) {         \
    weigh<Registers##BYTES>(prior, by, coefficients, weights);                                                     \
  }                                                                                                                \
  constexpr Kernels kernels_##NAME{#NAME,        project_##NAME, pull_down_##NAME, pull_across_##NAME,             \
                                   place_##NAME, weigh_##NAME};

#if defined(__x86_64__)
NOTCONTENT_KERNELS(avx2, 32, NOTCONTENT_AVX2)
#endif
NOTCONTENT_KERNELS(portable, 16, )

std::vector<const Kernels*> probe_processor() {
  std::vector<const Kernels*> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) found.push_back(&kernels_avx2);
#endif
  found.push_back(&kernels_portable);
  return found;
}

}  // namespace

const std::vector<const Kernels*>& available_kernels() {
  static const std::vector<const Kernels*> kernels = probe_processor();
  return kernels;
}

const Kernels& kernels_named(std::string_view name) { return kernels_among(available_kernels(), name); }

}  // namespace notcontent
