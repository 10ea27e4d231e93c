// Estimates in numbers: what the whole picture's coefficients would be by a guess, and how much each bit then counts.
//
// placing.py and weighing.py say what is computed and why; tests/plain_estimates.py is the same in NumPy, a line for a
// step. All sums go in one order that does not depend on the instruction set, and multiplications are never fused with
// additions (see CMakeLists.txt): every processor gives the same numbers, to the last bit.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace notcontent {

constexpr std::size_t kCells = 24;  // a side of a sketch
constexpr std::size_t kKept = 16;   // frequencies a side that a hash keeps
constexpr std::size_t kBits = kKept * kKept;
constexpr std::size_t kPlaces = kCells * kCells;

// What signals/estimates/prior.py says of pictures.
struct Prior {
  double transform[kCells][kCells];  // of cells to cosines: a column for each cosine, a row for each cell
  float spread[kBits];               // of the kept cosines: their standard deviation
  float spread_of_cells[kBits];      // ... times what cells show of them, by what they have in the cells' middles
};

// How kept cosines of a picture show in those of the cells of some interval of it.
using Projection = std::array<float, kKept * kCells>;
using Weights = std::array<float, kBits>;

// A projective map from an upload to the picture, both as unit squares: row after row.
using Map = std::array<double, 9>;

// How weights follow from coefficients.
struct Flattening {
  float most;   // a coefficient counts as at most so many times their root mean square
  float power;  // ... and by this power of it
  float least;  // root mean square below which there is nothing
};

// One instruction set.
struct Kernels {
  std::string_view name;
  void (*project)(const Prior& prior, double first, double end, float* projection);
  // Cosines of the cells, whitened, by an interval down: f32[16, 24].
  void (*pull_down)(const float* whitened, const float* projection, float* pulled);
  // ... and by one across, whose projection is given with rows and columns in each other's places.
  void (*pull_across)(const Prior& prior, const float* pulled, const float* transposed, float* coefficients);
  // By a placement, from what pulls at each cell.
  void (*place)(const Prior& prior, const Map& map, const float* pull, float* coefficients);
  void (*weigh)(const Prior& prior, Flattening by, const float* coefficients, float* weights);
};

// What this processor can run, fastest first. The last one, "portable", runs everywhere.
const std::vector<const Kernels*>& available_kernels();

// The named instruction set; "auto" is the fastest. Throws std::invalid_argument when this processor lacks it.
const Kernels& kernels_named(std::string_view name);

}  // namespace notcontent
