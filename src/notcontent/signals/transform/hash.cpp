#include "hash.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace notcontent {
namespace {

constexpr std::size_t kSide = kGrid;
constexpr std::size_t kRows = kKept;
constexpr std::size_t kMedianRank = 127;  // the reference's integer median: the 128th smallest of 256

// Rounded to float32, as the reference's table is. Row after row, and column after column.
struct Cosines {
  std::array<double, kRows * kSide> rows;
  std::array<double, kRows * kSide> columns;

  Cosines() {
    const auto scale = static_cast<double>(static_cast<float>(std::sqrt(2.0 / kGrid)));
    const double step = 1.57079632679489661923 / kGrid;
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kSide; ++j) {
        const double angle = step * static_cast<double>((i + 1) * (2 * j + 1));
        rows[i * kSide + j] = columns[j * kRows + i] = static_cast<double>(static_cast<float>(scale * std::cos(angle)));
      }
    }
  }
};

const Cosines& cosines() {
  static const Cosines table;
  return table;
}

}  // namespace

Coefficients transform(const Small& small) {
  const Cosines& table = cosines();
  Coefficients values{};
  for (std::size_t i = 0; i < kRows; ++i) {
    std::array<double, kSide> line{};
    for (std::size_t k = 0; k < kSide; ++k) {
      const double cosine = table.rows[i * kSide + k];
      for (std::size_t j = 0; j < kSide; ++j) line[j] += cosine * small[k * kSide + j];
    }
    double* sums = &values[i * kRows];
    for (std::size_t k = 0; k < kSide; ++k) {
      for (std::size_t j = 0; j < kRows; ++j) sums[j] += line[k] * table.columns[k * kRows + j];
    }
  }
  return values;
}

Coefficients transposed(const Coefficients& values) {
  Coefficients turned{};
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kRows; ++j) turned[j * kRows + i] = values[i * kRows + j];
  }
  return turned;
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

int quality(const Small& small) {
  std::array<float, kSide * kSide> samples;
  std::transform(small.begin(), small.end(), samples.begin(), [](double each) { return static_cast<float>(each); });
  const auto step = [&samples](std::size_t from, std::size_t to) {
    return std::abs(static_cast<int>((samples[to] - samples[from]) * 100.0F / 255.0F));
  };
  int total = 0;
  for (std::size_t at = 0; at + kSide < samples.size(); ++at) total += step(at, at + kSide);
  for (std::size_t row = 0; row < kSide; ++row) {
    for (std::size_t j = 0; j + 1 < kSide; ++j) total += step(row * kSide + j, row * kSide + j + 1);
  }
  return std::min(100, total / 90);
}

}  // namespace notcontent
