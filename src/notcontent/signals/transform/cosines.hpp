// The cosine transform's loops: one product after the other, and by halves, a third of the multiplications.
//
// Included by kernels.cpp alone, which makes functions of them for each instruction set.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "weigh_rows.hpp"

namespace notcontent {

constexpr std::size_t kSide = kGrid;
constexpr std::size_t kRows = kKept;
constexpr std::size_t kInRegisters = 32;  // sums beside each other

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

NOTCONTENT_INLINE void transform(const Cosines& table, const Small& small, Coefficients& values) {
  for (std::size_t i = 0; i < kRows; ++i) {
    double line[kSide];
    for (std::size_t left = 0; left < kSide; left += kInRegisters) {
      double some[kInRegisters] = {};
      for (std::size_t k = 0; k < kSide; ++k) {
        const double cosine = table.rows[i * kSide + k];
        const double* row = &small[k * kSide + left];
        for (std::size_t j = 0; j < kInRegisters; ++j) some[j] += cosine * row[j];
      }
      std::copy_n(some, kInRegisters, line + left);
    }
    double sums[kRows] = {};
    for (std::size_t k = 0; k < kSide; ++k) {
      for (std::size_t j = 0; j < kRows; ++j) sums[j] += line[k] * table.columns[k * kRows + j];
    }
    std::copy_n(sums, kRows, &values[i * kRows]);
  }
}

// Cosines are their own mirror images: those of even frequencies as they are, those of odd ones with the sign changed.
// So an odd frequency needs the differences of mirrored samples alone, half as many, and an even one is a cosine of
// half the frequency over their sums. `from` has 64 rows of kWidth, `to` 16: frequencies 1 to 16.
template <std::size_t kWidth>
NOTCONTENT_INLINE void cosines_by_halves(const Cosines& table, const double* from, double* to) {
  constexpr std::size_t kBeside = 4;
  using Four = double __attribute__((vector_size(kBeside * sizeof(double))));
  for (std::size_t left = 0; left < kWidth; left += kBeside) {
    Four sums[kSide];
    for (std::size_t k = 0; k < kSide; ++k) std::memcpy(&sums[k], from + k * kWidth + left, sizeof(Four));
    std::size_t frequency = 1;  // the least that needs differences of these samples, and every other multiple of it
    for (std::size_t half = kSide / 2; frequency <= kRows; half /= 2, frequency *= 2) {
      Four apart[kSide / 2];
      for (std::size_t k = 0; k < half; ++k) {
        const Four mirrored = sums[2 * half - 1 - k];
        apart[k] = sums[k] - mirrored;
        sums[k] += mirrored;
      }
      if (frequency == 1) {
        Four odd[kRows / 2] = {};
        for (std::size_t k = 0; k < half; ++k) {
          for (std::size_t i = 0; i < kRows / 2; ++i) odd[i] += apart[k] * table.columns[k * kRows + 2 * i];
        }
        for (std::size_t i = 0; i < kRows / 2; ++i) std::memcpy(to + 2 * i * kWidth + left, &odd[i], sizeof(Four));
        continue;
      }
      for (std::size_t i = frequency; i <= kRows; i += 2 * frequency) {
        Four sum = {};
        for (std::size_t k = 0; k < half; ++k) sum += apart[k] * table.rows[(i - 1) * kSide + k];
        std::memcpy(to + (i - 1) * kWidth + left, &sum, sizeof(Four));
      }
    }
  }
}

// As `transform`, to within kRounding.
NOTCONTENT_INLINE void transform_by_halves(const Cosines& table, const Small& small, Coefficients& values) {
  double down[kRows * kSide];
  cosines_by_halves<kSide>(table, small.data(), down);
  double turned[kSide * kRows];
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t k = 0; k < kSide; ++k) turned[k * kRows + i] = down[i * kSide + k];
  }
  double across[kRows * kRows];
  cosines_by_halves<kRows>(table, turned, across);
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kRows; ++j) values[i * kRows + j] = across[j * kRows + i];
  }
}

}  // namespace notcontent
