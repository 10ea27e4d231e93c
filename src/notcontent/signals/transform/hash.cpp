#include "hash.hpp"

#include <algorithm>

namespace notcontent {
namespace {

constexpr std::size_t kRows = kKept;
constexpr std::size_t kBytes = sizeof(Bits);
constexpr std::size_t kMedianRank = 127;  // the reference's integer median: the 128th smallest of 256

// Whether a quality made of the samples is that of any others within kSampleRounding: it takes them as float32.
bool settle_quality(const Small& small) {
  bool settled = true;
  for (const double sample : small) {
    settled &= static_cast<float>(sample - kSampleRounding) == static_cast<float>(sample + kSampleRounding);
  }
  return settled;
}

// One bit for each coefficient, against the 128th smallest; bit 255 comes first. Tells whether the bits are those of
// any other coefficients within kRounding: the median lies well below the next larger one.
bool against_median(const Coefficients& values, Bits& bits) {
  Coefficients ordered = values;
  const auto place = ordered.begin() + kMedianRank;
  std::nth_element(ordered.begin(), place, ordered.end());
  const double median = *place;
  for (std::size_t byte = 0; byte < bits.size(); ++byte) {
    const double* eight = &values[8 * (bits.size() - 1 - byte)];
    unsigned set = 0;
    for (unsigned i = 0; i < 8; ++i) set |= (eight[i] > median ? 1U : 0U) << i;
    bits[byte] = static_cast<std::uint8_t>(set);
  }
  double next = ordered[kMedianRank + 1];
  for (std::size_t i = kMedianRank + 2; i < ordered.size(); ++i) next = ordered[i] < next ? ordered[i] : next;
  return next - median > 2 * kRounding;
}

// The hash of a small picture in doubles.
Hashed hash_small(const Kernels& kernels, const Small& small, bool may_be_quick) {
  Hashed found{{}, kernels.quality(small)};
  Coefficients values;
  if (may_be_quick) {
    kernels.transform_by_halves(small, values);
    if (against_median(values, found.bits)) return found;
  }
  kernels.transform(small, values);
  against_median(values, found.bits);
  return found;
}

// The same of one within kSampleRounding of that in doubles; tells whether that has the same hash.
bool settle(const Kernels& kernels, const Small& small, Hashed& found) {
  Coefficients values;
  kernels.transform_by_halves(small, values);
  if (!against_median(values, found.bits) || !settle_quality(small)) return false;
  found.quality = kernels.quality(small);
  return true;
}

}  // namespace

void shrink_one(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, Small& small) {
  const Axis* one = &columns;
  Small* into = &small;
  kernels.shrink(samples, rows, &one, &into, 1);
}

Hashed hash_of(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns,
               bool may_be_quick) {
  Small small;
  if (may_be_quick && are_whole(rows, columns)) {
    kernels.shrink_whole(samples, rows, columns, false, small);
    if (Hashed found; settle(kernels, small, found)) return found;
  }
  shrink_one(kernels, samples, rows, columns, small);
  return hash_small(kernels, small, may_be_quick);
}

std::array<Hashed, 2> hash_ways_of(const Kernels& kernels, const Samples& samples, const Axis& rows,
                                   const Ways& columns, bool may_be_quick) {
  if (may_be_quick && are_whole(rows, *columns[0])) {
    return {hash_of(kernels, samples, rows, *columns[0], true), hash_of(kernels, samples, rows, *columns[1], true)};
  }
  Small small[2];
  Small* const into[] = {&small[0], &small[1]};
  kernels.shrink(samples, rows, columns.data(), into, 2);
  return {hash_small(kernels, small[0], may_be_quick), hash_small(kernels, small[1], may_be_quick)};
}

int quality_of(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, bool limited) {
  Small small;
  if (are_whole(rows, columns)) {
    kernels.shrink_whole(samples, rows, columns, limited, small);
    if (settle_quality(small)) return kernels.quality(small);
  }
  if (!limited) {
    shrink_one(kernels, samples, rows, columns, small);
    return kernels.quality(small);
  }
  const auto width = static_cast<std::size_t>(columns.samples());
  std::vector<std::uint8_t> shown(static_cast<std::size_t>(rows.samples()) * width);
  for (std::int64_t row = 0; row < rows.samples(); ++row) {
    kernels.spread(samples.data + row * samples.stride, width, shown.data() + static_cast<std::size_t>(row) * width);
  }
  shrink_one(kernels, {shown.data(), static_cast<std::ptrdiff_t>(width)}, rows, columns, small);
  return kernels.quality(small);
}

Bits transposed(const Bits& bits) {
  Bits turned{};
  const auto place = [](std::size_t i) { return kBytes - 1 - i / 8; };
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kRows; ++j) {
      const std::size_t from = i * kRows + j;
      const std::size_t to = j * kRows + i;
      turned[place(to)] |= static_cast<std::uint8_t>((bits[place(from)] >> (from % 8) & 1U) << (to % 8));
    }
  }
  return turned;
}

float grain(const std::uint8_t* value) {
  std::array<unsigned, kRows> rows{};
  for (std::size_t i = 0; i < kRows; ++i) rows[i] = (static_cast<unsigned>(value[2 * i]) << 8) | value[2 * i + 1];
  constexpr int kWhole = kKept * kKept;
  int sum = kKept * kWhole;  // of each row with itself
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int product = kKept - 2 * __builtin_popcount(rows[i] ^ rows[j]);
      sum += 2 * product * product;
    }
  }
  return static_cast<float>(sum) / static_cast<float>(kWhole * kWhole);
}

}  // namespace notcontent
