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

// Whether the bits are those of any other coefficients within kRounding: the median lies well below the next larger one.
bool settle_bits(const Coefficients& values) {
  Coefficients ordered = values;
  const auto median = ordered.begin() + kMedianRank;
  std::nth_element(ordered.begin(), median, ordered.end());
  return *std::min_element(median + 1, ordered.end()) - *median > 2 * kRounding;
}

Reduced transformed(const Kernels& kernels, const Small& small) {
  Reduced found;
  kernels.transform(small, found.values);
  found.quality = kernels.quality(small);
  return found;
}

}  // namespace

void shrink_one(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns, Small& small) {
  const Axis* one = &columns;
  Small* into = &small;
  kernels.shrink(samples, rows, &one, &into, 1);
}

Reduced reduced(const Kernels& kernels, const Samples& samples, const Axis& rows, const Axis& columns,
                bool may_be_whole) {
  Small small;
  if (may_be_whole && are_whole(rows, columns)) {
    kernels.shrink_whole(samples, rows, columns, false, small);
    const Reduced found = transformed(kernels, small);
    if (settle_bits(found.values) && settle_quality(small)) return found;
  }
  shrink_one(kernels, samples, rows, columns, small);
  return transformed(kernels, small);
}

std::array<Reduced, 2> reduced_ways(const Kernels& kernels, const Samples& samples, const Axis& rows,
                                    const Ways& columns, bool may_be_whole) {
  if (may_be_whole && are_whole(rows, *columns[0])) {
    return {reduced(kernels, samples, rows, *columns[0], true), reduced(kernels, samples, rows, *columns[1], true)};
  }
  Small small[2];
  Small* const into[] = {&small[0], &small[1]};
  kernels.shrink(samples, rows, columns.data(), into, 2);
  return {transformed(kernels, small[0]), transformed(kernels, small[1])};
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

Bits against_median(const Coefficients& values) {
  Coefficients ordered = values;
  std::nth_element(ordered.begin(), ordered.begin() + kMedianRank, ordered.end());
  const double median = ordered[kMedianRank];
  Bits bits{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > median) bits[bits.size() - 1 - i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
  }
  return bits;
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
