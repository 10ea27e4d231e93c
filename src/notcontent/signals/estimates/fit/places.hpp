// What a placement shows of the picture's cosines in the cells of an upload, and from what pulls there the
// coefficients.
//
// Included by kernels.cpp alone, which makes functions of it for each instruction set.
#pragma once

#include <cstddef>
#include <cstring>

#include "fit.hpp"
#include "lanes.hpp"

namespace notcontent {

constexpr std::size_t kBand =
    8 * kCells;                     // places whose cosines are kept at once: what they take fits the nearest cache
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
        for (std::size_t j = 0; j < kAcross; ++j)
          std::memcpy(block[i][j], sums[(v + i) * kKept + u + j], sizeof block[i][j]);
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
        for (std::size_t j = 0; j < kAcross; ++j)
          std::memcpy(sums[(v + i) * kKept + u + j], block[i][j], sizeof block[i][j]);
      }
    }
  }
}

// By any placement: the cosines of each cell.
template <class R>
NOTCONTENT_INLINE void place_by_cells(const Map& map, const float* pull, Shown& shown, float (&sums)[kBits][kSums]) {
  using Doubles = typename R::Doubles;
  constexpr std::size_t kWide = R::kWide;
  constexpr std::size_t kTurn = kAtOnce * kWide;
  static_assert(kCells % kTurn == 0 && kBand % kCells == 0 && kPlaces % kBand == 0);
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
}

// Kept cosines and sines of so many places along a row or a column of cells, each the middle times `share`, and
// `offset` more.
struct Along {
  alignas(32) float cosines[kKept][kCells];
  alignas(32) float sines[kKept][kCells];
};

template <class R>
NOTCONTENT_INLINE void go_along(double share, double offset, Along& along) {
  using Doubles = typename R::Doubles;
  using FewFloats = typename R::FewFloats;
  for (std::size_t cell = 0; cell < kCells; cell += R::kWide) {
    const Doubles place = share * loaded<Doubles>(kMiddles.of + cell) + offset;
    Doubles cosine = cos_of_pi_times(place);
    Doubles sine = cos_of_pi_times(place - 0.5);
    const Doubles twice = cosine + cosine;
    Doubles cosine_before = Doubles{} + 1;
    Doubles sine_before = Doubles{};
    for (std::size_t k = 0; k < kKept; ++k) {  // each follows from the two before it (Chebyshev)
      store(__builtin_convertvector(cosine, FewFloats), &along.cosines[k][cell]);
      store(__builtin_convertvector(sine, FewFloats), &along.sines[k][cell]);
      const Doubles next_cosine = twice * cosine - cosine_before;
      const Doubles next_sine = twice * sine - sine_before;
      cosine_before = cosine;
      sine_before = sine;
      cosine = next_cosine;
      sine = next_sine;
    }
  }
}

// Kept cosines at a row of cells: of the sum of what is shown along the row and, for all of it, at one place `y` of a
// column.
template <class R>
NOTCONTENT_INLINE void show_row(const Along& row, const Along& column, std::size_t y, const float* pull, std::size_t at,
                                float (&shown)[kKept][kBand]) {
  using Floats = typename R::Floats;
  for (std::size_t k = 0; k < kKept; ++k) {
    const float cosine = column.cosines[k][y];
    const float sine = column.sines[k][y];
    for (std::size_t x = 0; x < kCells; x += R::kLanes) {
      const Floats both = loaded<Floats>(&row.cosines[k][x]) * cosine - loaded<Floats>(&row.sines[k][x]) * sine;
      store(pull != nullptr ? both * loaded<Floats>(pull + x) : both, &shown[k][at + x]);
    }
  }
}

// By a placement that keeps parallels parallel: a cell's place is a sum of one that depends on its column and one that
// depends on its row, and so a fifth of the work does.
template <class R>
NOTCONTENT_INLINE void place_by_rows(const Map& map, const float* pull, Shown& shown, float (&sums)[kBits][kSums]) {
  Along across_row, across_column, down_row, down_column;
  go_along<R>(map[0] / map[8], 0.0, across_row);
  go_along<R>(map[1] / map[8], map[2] / map[8], across_column);
  go_along<R>(map[3] / map[8], 0.0, down_row);
  go_along<R>(map[4] / map[8], map[5] / map[8], down_column);
  for (std::size_t band = 0; band < kPlaces; band += kBand) {
    for (std::size_t at = 0; at < kBand; at += kCells) {
      const std::size_t y = (band + at) / kCells;
      show_row<R>(down_row, down_column, y, pull + band + at, at, shown.down);
      show_row<R>(across_row, across_column, y, nullptr, at, shown.across);
    }
    add_products<R>(shown, sums);
  }
}

template <class R>
NOTCONTENT_INLINE void place(const Prior& prior, const Map& map, const float* pull, float* coefficients) {
  Shown shown;
  alignas(32) float sums[kBits][kSums] = {};
  if (map[6] == 0 && map[7] == 0) {
    place_by_rows<R>(map, pull, shown, sums);
  } else {
    place_by_cells<R>(map, pull, shown, sums);
  }
  for (std::size_t bit = 0; bit < kBits; ++bit) {
    coefficients[bit] = sum_of(sums[bit]) * prior.spread_of_cells[bit];
  }
}

}  // namespace notcontent
