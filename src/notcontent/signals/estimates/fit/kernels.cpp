#include <algorithm>
#include <cmath>
#include <cstring>

#include "fit.hpp"
#include "lanes.hpp"
#include "native/instruction_sets.hpp"

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

constexpr std::size_t kBand = 8 * kCells;  // places whose cosines are kept at once: what they take fits the nearest cache
constexpr std::size_t kAtOnce = 3;  // registers of places

// Kept cosines of the picture at the cells' middles.
struct Shown {
  alignas(32) float down[kKept][kBand];
  alignas(32) float across[kKept][kBand];
};

// The middles of a row's cells, as shares of its length.
struct Middles {
  constexpr Middles() : of() {
    for (std::size_t cell = 0; cell < kCells; ++cell) of[cell] = (static_cast<double>(cell) + 0.5) / kCells;
  }
  double of[kCells];
};
constexpr Middles kMiddles;

// Kept cosines along one axis at some places, times what pulls there, if something does. Each follows from those
// two before and two after it in the same way as from its neighbours (Chebyshev): so two rows of them are made beside
// each other.
template <class R>
NOTCONTENT_INLINE void show(const typename R::Doubles (&places)[kAtOnce], const float* pull, std::size_t at,
                            float (&shown)[kKept][kBand]) {
  using Doubles = typename R::Doubles;
  using FewFloats = typename R::FewFloats;
  constexpr std::size_t kWide = R::kWide;
  Doubles twice[kAtOnce], odd_before[kAtOnce], odd[kAtOnce], even_before[kAtOnce], even[kAtOnce];
  FewFloats pulls[kAtOnce] = {};
  const bool pulling = pull != nullptr;
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    odd_before[i] = odd[i] = cos_of_pi_times(places[i]);
    even_before[i] = Doubles{} + 1;
    even[i] = 2 * odd[i] * odd[i] - 1;
    twice[i] = even[i] + even[i];
    if (pulling) pulls[i] = loaded<FewFloats>(pull + i * kWide);
  }
  for (std::size_t k = 0; k < kKept; k += 2) {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      const std::size_t to = at + i * kWide;
      const FewFloats odd_ones = __builtin_convertvector(odd[i], FewFloats);
      const FewFloats even_ones = __builtin_convertvector(even[i], FewFloats);
      store(pulling ? odd_ones * pulls[i] : odd_ones, &shown[k][to]);
      store(pulling ? even_ones * pulls[i] : even_ones, &shown[k + 1][to]);
      const Doubles next_odd = twice[i] * odd[i] - odd_before[i];
      const Doubles next_even = twice[i] * even[i] - even_before[i];
      odd_before[i] = odd[i];
      even_before[i] = even[i];
      odd[i] = next_odd;
      even[i] = next_even;
    }
  }
}

// Add what a band of cells shows of each pair of cosines, kSums sums for each.
template <class R>
NOTCONTENT_INLINE void add_products(const Shown& shown, float (&sums)[kBits][kSums]) {
  using Floats = typename R::Floats;
  constexpr std::size_t kDown = R::kLanes / 2;
  constexpr std::size_t kAcross = 2;
  constexpr std::size_t kParts = kSums / R::kLanes;
  for (std::size_t v = 0; v < kKept; v += kDown) {
    for (std::size_t u = 0; u < kKept; u += kAcross) {
      Floats block[kDown][kAcross][kParts];
      for (std::size_t i = 0; i < kDown; ++i) {
        for (std::size_t j = 0; j < kAcross; ++j) std::memcpy(block[i][j], sums[(v + i) * kKept + u + j], sizeof block[i][j]);
      }
      for (std::size_t at = 0; at < kBand; at += kSums) {
        for (std::size_t part = 0; part < kParts; ++part) {
          const std::size_t here = at + part * R::kLanes;
          Floats right[kAcross];
          for (std::size_t j = 0; j < kAcross; ++j) right[j] = loaded<Floats>(&shown.across[u + j][here]);
          for (std::size_t i = 0; i < kDown; ++i) {
            const auto left = loaded<Floats>(&shown.down[v + i][here]);
            for (std::size_t j = 0; j < kAcross; ++j) block[i][j][part] += left * right[j];
          }
        }
      }
      for (std::size_t i = 0; i < kDown; ++i) {
        for (std::size_t j = 0; j < kAcross; ++j) std::memcpy(sums[(v + i) * kKept + u + j], block[i][j], sizeof block[i][j]);
      }
    }
  }
}

template <class R>
NOTCONTENT_INLINE void place(const Prior& prior, const Map& map, const float* pull, float* coefficients) {
  using Doubles = typename R::Doubles;
  constexpr std::size_t kWide = R::kWide;
  constexpr std::size_t kTurn = kAtOnce * kWide;
  static_assert(kCells % kTurn == 0 && kBand % kCells == 0 && kPlaces % kBand == 0);
  Shown shown;
  alignas(32) float sums[kBits][kSums] = {};
  for (std::size_t band = 0; band < kPlaces; band += kBand) {
    for (std::size_t at = 0; at < kBand; at += kTurn) {
      const double y = kMiddles.of[(band + at) / kCells];
      Doubles down[kAtOnce], across[kAtOnce];
      for (std::size_t i = 0; i < kAtOnce; ++i) {
        const auto x = loaded<Doubles>(kMiddles.of + at % kCells + i * kWide);
        const Doubles nearness = 1 / (map[6] * x + (map[7] * y + map[8]));
        across[i] = (map[0] * x + (map[1] * y + map[2])) * nearness;
        down[i] = (map[3] * x + (map[4] * y + map[5])) * nearness;
      }
      show<R>(down, pull + band + at, at, shown.down);
      show<R>(across, nullptr, at, shown.across);
    }
    add_products<R>(shown, sums);
  }
  for (std::size_t bit = 0; bit < kBits; ++bit) {
    coefficients[bit] = sum_of(sums[bit]) * prior.spread_of_cells[bit];
  }
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
  std::uint32_t found = 0;  // above the least number there is: the largest bits below which there are few enough
  for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1) {
    const Ints limit = Ints{} + static_cast<std::int32_t>((found | bit) ^ 0x80000000U);
    Ints below[4] = {};
    for (std::size_t at = 0; at < kBits; at += 4 * kLanes) {
      for (std::size_t i = 0; i < 4; ++i) below[i] -= loaded<Ints>(keys + at + i * kLanes) < limit;
    }
    const Ints lanes = (below[0] + below[1]) + (below[2] + below[3]);
    std::int32_t count = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) count += lanes[lane];
    if (count <= kRank) found |= bit;
  }
  const auto key = static_cast<std::int32_t>(found ^ 0x80000000U);
  return as<float>(key ^ ((key >> 31) & 0x7fffffff));
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
#define NOTCONTENT_KERNELS(NAME, BYTES, TARGET)                                                                             \
  TARGET void project_##NAME(const Prior& prior, double first, double end, float* projection) {                      \
    project<Registers##BYTES>(prior, first, end, projection);                                                                          \
  }                                                                                                                  \
  TARGET void pull_down_##NAME(const float* whitened, const float* projection, float* pulled) {                      \
    pull_down<Registers##BYTES>(whitened, projection, pulled);                                                                         \
  }                                                                                                                  \
  TARGET void pull_across_##NAME(const Prior& prior, const float* pulled, const float* transposed, float* found) {   \
    pull_across<Registers##BYTES>(prior, pulled, transposed, found);                                                                   \
  }                                                                                                                  \
  TARGET void place_##NAME(const Prior& prior, const Map& map, const float* pull, float* found) {                    \
    place<Registers##BYTES>(prior, map, pull, found);                                                                                  \
  }                                                                                                                  \
  TARGET void weigh_##NAME(const Prior& prior, Flattening by, const float* coefficients, float* weights) {           \
    weigh<Registers##BYTES>(prior, by, coefficients, weights);                                                                         \
  }                                                                                                                  \
  constexpr Kernels kernels_##NAME{#NAME,           project_##NAME, pull_down_##NAME, pull_across_##NAME,            \
                                   place_##NAME,    weigh_##NAME};

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
