#include "masks.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "regions.hpp"

namespace notcontent {
namespace {

constexpr double kLeastArea = 0.004;  // shares of the sheet that a painted area has
constexpr double kMostArea = 0.5;
constexpr std::uint8_t kRange = 4;      // levels within 3 x 3 samples, in paint
constexpr double kSpread = 1.3;         // standard deviation over all of a painted area, in levels
constexpr double kSpreadOfPart = 0.75;  // ... of a small one less is borne
constexpr double kLeastPart = 0.0018;   // share of the sheet that a part of a sticker has
constexpr std::int64_t kStandsOut =
    2;  // paint that flows into a sky has so many times the samples of the levels around it
constexpr double kSolid =
    2.2;  // a painted area's hull has up to so many times its samples: a face has eyes, a bar has words
constexpr std::size_t kShortest = 4;  // samples: a narrower link parts two areas
constexpr std::size_t kMostRegions = 16;
constexpr std::uint8_t kBright = 220;  // levels of words ...
constexpr std::uint8_t kDark = 55;     // ... and of their outline
constexpr std::size_t kCell = 4;       // paint and words are marked in squares of so many samples a side
constexpr double kTouched = 0.1;       // the share of such a square that is paint
constexpr double kStrokes = 0.2;       // ... that is stroke or outline, in words

using Plane = Strided<std::uint8_t>;

// `share` of the samples, rounded down.
std::size_t share_of(double share, std::size_t samples) {
  return static_cast<std::size_t>(share * static_cast<double>(samples));
}

bool any(const Bitmap& bitmap) { return std::memchr(bitmap.marks.data(), 1, bitmap.marks.size()) != nullptr; }

void add(const std::uint8_t* __restrict from, std::size_t count, std::uint8_t* __restrict to) {
  for (std::size_t x = 0; x < count; ++x) to[x] |= from[x];
}

// What is within so many rows and columns of a mark is marked too.
Bitmap grown(const Bitmap& marks, std::size_t down, std::size_t across) {
  Bitmap found(marks.height, marks.width);
  std::vector<std::uint8_t> line(marks.width);
  for (std::size_t y = 0; y < marks.height; ++y) {
    std::copy_n(marks.row(y), marks.width, line.data());
    for (std::size_t step = 1; step <= down; ++step) {
      if (y >= step) add(marks.row(y - step), marks.width, line.data());
      if (y + step < marks.height) add(marks.row(y + step), marks.width, line.data());
    }
    std::uint8_t* row = found.row(y);
    std::copy_n(line.data(), marks.width, row);
    for (std::size_t step = 1; step <= std::min(across, marks.width); ++step) {
      add(line.data(), marks.width - step, row + step);
      add(line.data() + step, marks.width - step, row);
    }
  }
  return found;
}

// What is not within so many rows and columns of a sample without a mark.
Bitmap shrunk(Bitmap marks, std::size_t down, std::size_t across) {
  for (std::uint8_t& mark : marks.marks) mark ^= 1U;
  Bitmap found = grown(marks, down, across);
  for (std::uint8_t& mark : found.marks) mark ^= 1U;
  return found;
}

// The squares of which at least `share` is marked; odd rows and columns are left.
Bitmap squares(const Bitmap& marks, double share) {
  Bitmap found(marks.height / kCell, marks.width / kCell);
  const auto least = static_cast<unsigned>(std::ceil(share * static_cast<double>(kCell * kCell)));
  std::vector<std::uint8_t> sums(marks.width);
  for (std::size_t y = 0; y < found.height; ++y) {
    const std::uint8_t* rows[kCell];
    for (std::size_t k = 0; k < kCell; ++k) rows[k] = marks.row(y * kCell + k);
    for (std::size_t x = 0; x < marks.width; ++x) {
      sums[x] = static_cast<std::uint8_t>(rows[0][x] + rows[1][x] + rows[2][x] + rows[3][x]);
    }
    for (std::size_t x = 0; x < found.width; ++x) {
      const std::uint8_t* four = sums.data() + x * kCell;
      found.row(y)[x] = static_cast<unsigned>(four[0] + four[1] + four[2] + four[3]) >= least ? 1 : 0;
    }
  }
  return found;
}

// Mark a region's hull, unless it holds much that is not the region; tell whether it was marked.
bool fill_hull(Bitmap& covered, const Region& region) {
  const Hull hull = hull_of(region);
  double area = 0.0;
  for (std::size_t i = 0; i < hull.left.size(); ++i) area += hull.right[i] - hull.left[i];
  if (area > kSolid * static_cast<double>(region.area)) return false;
  for (std::size_t i = 0; i < hull.left.size(); ++i) {
    const auto first =
        static_cast<std::size_t>(std::max(0.0, std::floor(hull.left[i])));  // a rounding may lead outside
    const std::size_t end = std::min(covered.width, static_cast<std::size_t>(std::ceil(hull.right[i])));
    std::fill(covered.row(hull.top + i) + first, covered.row(hull.top + i) + end, std::uint8_t{1});
  }
  return true;
}

// Squares that are so near to each other are joined, and the hull of every group that is large enough is marked.
Bitmap joined(const Bitmap& cells, std::size_t down, std::size_t across) {
  Bitmap covered(cells.height, cells.width);
  const std::size_t least = share_of(kLeastArea, cells.marks.size());
  for (const Region& group : find_regions(grown(cells, down, across), least, kMostRegions, 1)) {
    if (fill_hull(covered, group)) continue;
    for (const Span& span : group.spans) {
      std::fill(covered.row(span.row) + span.start, covered.row(span.row) + span.end, std::uint8_t{1});
    }
  }
  return shrunk(std::move(covered), down, across);
}

// By value: compilers do not reckon with many at once where std::min chooses between two places in memory.
std::uint8_t least_of(std::uint8_t a, std::uint8_t b) { return a < b ? a : b; }
std::uint8_t most_of(std::uint8_t a, std::uint8_t b) { return a > b ? a : b; }

// The least and the most of three samples above each other.
void ends_of_three(const std::uint8_t* __restrict above, const std::uint8_t* __restrict row,
                   const std::uint8_t* __restrict below, std::size_t count, std::uint8_t* __restrict least,
                   std::uint8_t* __restrict most) {
  for (std::size_t x = 0; x < count; ++x) {
    least[x] = least_of(least_of(above[x], row[x]), below[x]);
    most[x] = most_of(most_of(above[x], row[x]), below[x]);
  }
}

// Whether three samples beside each other, of these least and most, lie within the range of paint: `count` - 2 marks.
void mark_flat(const std::uint8_t* __restrict least, const std::uint8_t* __restrict most, std::size_t count,
               std::uint8_t* __restrict marks) {
  for (std::size_t x = 0; x + 2 < count; ++x) {
    const std::uint8_t high = most_of(most_of(most[x], most[x + 1]), most[x + 2]);
    const std::uint8_t low = least_of(least_of(least[x], least[x + 1]), least[x + 2]);
    marks[x] = static_cast<std::uint8_t>(high - low) <= kRange ? 1 : 0;
  }
}

// Samples that differ little from the eight around them; the outermost have none.
Bitmap flat_samples(const Plane& levels) {
  Bitmap flat(levels.height, levels.width);
  std::vector<std::uint8_t> least(levels.width);
  std::vector<std::uint8_t> most(levels.width);
  for (std::size_t y = 1; y + 1 < levels.height; ++y) {
    const std::uint8_t* above = levels.data + (y - 1) * levels.width;
    ends_of_three(above, above + levels.width, above + 2 * levels.width, levels.width, least.data(), most.data());
    mark_flat(least.data(), most.data(), levels.width, flat.row(y) + 1);
  }
  return flat;
}

// The region if it is paint; else the paint in it, if one level stands out: a sky of like level, say.
std::vector<Region> of_one_level(const Region& region, const Plane& levels, const Bitmap& flat) {
  const auto counts = levels_of(region, levels);
  const std::size_t least = share_of(kLeastArea, flat.marks.size());
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  for (std::int64_t level = 0; level < 256; ++level) {
    sum += level * counts[static_cast<std::size_t>(level)];
    squares += level * level * counts[static_cast<std::size_t>(level)];
  }
  const auto area = static_cast<std::int64_t>(region.area);
  const double spread =
      static_cast<double>(region.area) >= kLeastArea * static_cast<double>(flat.marks.size()) ? kSpread : kSpreadOfPart;
  // area^2 times the variance: whole numbers, so exact
  const auto varies = static_cast<double>(area * squares - sum * sum);
  if (varies <= spread * spread * static_cast<double>(area) * static_cast<double>(area)) return {region};
  const auto level = static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const auto within = [&](std::size_t by) {
    const std::size_t end = std::min<std::size_t>(level + by + 1, counts.size());
    return std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(level < by ? 0 : level - by),
                           counts.begin() + static_cast<std::ptrdiff_t>(end), std::int64_t{0});
  };
  const std::int64_t near = within(1);
  if (near < static_cast<std::int64_t>(least) || near < kStandsOut * (within(5) - near)) return {};
  Bitmap alike = flat;
  for (std::size_t i = 0; i < alike.marks.size(); ++i) {  // wraps around: level - 1, level, level + 1
    alike.marks[i] &= static_cast<std::uint8_t>(levels.data[i] + 1U - level) <= 2 ? 1U : 0U;
  }
  return find_regions(alike, least, 1, kShortest);
}

// Squares with areas of one level: their hulls, and the hulls of those beside each other.
Bitmap paint_on(const Plane& levels) {
  const Bitmap flat = flat_samples(levels);
  Bitmap covered(levels.height, levels.width);
  const std::size_t samples = covered.marks.size();
  bool found = false;
  for (const Region& region : find_regions(flat, share_of(kLeastPart, samples), kMostRegions, kShortest)) {
    for (const Region& part : of_one_level(region, levels, flat)) {
      if (static_cast<double>(part.area) <= kMostArea * static_cast<double>(samples)) found |= fill_hull(covered, part);
    }
  }
  if (!found) return Bitmap(levels.height / kCell, levels.width / kCell);
  return joined(squares(grown(covered, 1, 1), kTouched), 1, 1);
}

// Squares with lines of bright strokes that have dark outlines.
Bitmap words_on(const Plane& levels) {
  Bitmap bright(levels.height, levels.width);
  Bitmap dark(levels.height, levels.width);
  std::transform(levels.data, levels.data + bright.marks.size(), bright.marks.data(),
                 [](std::uint8_t level) { return static_cast<std::uint8_t>(level >= kBright); });
  std::transform(levels.data, levels.data + dark.marks.size(), dark.marks.data(),
                 [](std::uint8_t level) { return static_cast<std::uint8_t>(level <= kDark); });
  if (!any(bright) || !any(dark)) return Bitmap(levels.height / kCell, levels.width / kCell);
  const Bitmap by_bright = grown(bright, 2, 2);
  const Bitmap by_dark = grown(dark, 2, 2);
  for (std::size_t i = 0; i < bright.marks.size(); ++i) {
    bright.marks[i] =
        static_cast<std::uint8_t>((bright.marks[i] & by_dark.marks[i]) | (dark.marks[i] & by_bright.marks[i]));
  }
  return joined(squares(bright, kStrokes), 1, 2);
}

// The means of rows between neighbouring ones of so many equal cuts, with rows and columns in each other's places; a
// row that is cut counts by parts. `values` [height, width].
std::vector<float> shares(const std::vector<float>& values, std::size_t height, std::size_t width) {
  const double step = static_cast<double>(height) / kMaskSide;
  std::vector<float> sums((height + 1) * width);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) sums[(y + 1) * width + x] = sums[y * width + x] + values[y * width + x];
  }
  std::vector<float> before(width);
  std::vector<float> found(width * kMaskSide);
  for (std::size_t cut = 1; cut <= kMaskSide; ++cut) {
    const double at = cut == kMaskSide ? static_cast<double>(height) : static_cast<double>(cut) * step;
    const std::size_t whole = std::min(static_cast<std::size_t>(at), height - 1);
    const auto part = static_cast<float>(at - static_cast<double>(whole));
    for (std::size_t x = 0; x < width; ++x) {
      const float sum = sums[whole * width + x] + part * values[whole * width + x];
      found[x * kMaskSide + cut - 1] = static_cast<float>(static_cast<double>(sum - before[x]) / step);
      before[x] = sum;
    }
  }
  return found;
}

// The cells of which more than `least` is marked.
Mask on_cells(const Bitmap& marks, float least) {
  const std::vector<float> values(marks.marks.begin(), marks.marks.end());
  const std::vector<float> across = shares(values, marks.height, marks.width);
  const std::vector<float> both = shares(across, marks.width, kMaskSide);
  Mask mask;
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = both[i] > least;
  return mask;
}

}  // namespace

std::vector<Mask> find_masks(const Strided<float>& samples, float covered, double most) {
  std::vector<std::uint8_t> rounded(samples.height * samples.width);
  for (std::size_t y = 0; y < samples.height; ++y) {
    const float* row = samples.data + static_cast<std::ptrdiff_t>(y) * samples.down;
    std::transform(row, row + samples.width, rounded.data() + y * samples.width, [](float sample) {
      const float above = sample + 0.5F > 0.0F ? sample + 0.5F : 0.0F;
      return static_cast<std::uint8_t>(static_cast<int>(above < 255.0F ? above : 255.0F));
    });
  }
  const Plane levels{rounded.data(), samples.height, samples.width, static_cast<std::ptrdiff_t>(samples.width), 1};
  const Bitmap paint = paint_on(levels);
  const Bitmap words = words_on(levels);
  Bitmap together = paint;
  add(words.marks.data(), words.marks.size(), together.marks.data());
  std::vector<Mask> found{on_cells(together, covered)};
  if (any(paint) && any(words)) {
    found.push_back(on_cells(paint, covered));
    found.push_back(on_cells(words, covered));
  }
  const auto unlikely = [&](const Mask& mask) {
    const auto count = static_cast<double>(std::count(mask.begin(), mask.end(), true));
    return count == 0 || count / static_cast<double>(mask.size()) > most;
  };
  found.erase(std::remove_if(found.begin(), found.end(), unlikely), found.end());
  return found;
}

}  // namespace notcontent
