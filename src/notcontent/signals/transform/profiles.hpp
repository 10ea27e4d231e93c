// Profiles: a number for each row of a sheet, and what stands out in them.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace notcontent {

// The median of one value at least, as NumPy's.
float median(std::vector<float> values);

// How far each of `count` values (8 at least) stands above the upper quartile of the seven on either side, itself and
// its neighbours left out; beyond the ends values go on mirrored.
void standing(const float* values, std::size_t count, float* above);

// Values of at least `least`, the largest first, and of equals the first: at most `most`, out of the 3 * most largest,
// no two within two places of each other. How large, and where.
std::vector<std::pair<float, std::size_t>> peaks(const std::vector<float>& values, float least, std::size_t most);

// How many values at the beginning and at the end are soft: at most `most`, and at most `share` of the median of those
// between the first quarter and the last. None at all where all are. There are four at least.
std::pair<std::size_t, std::size_t> soft_ends(const float* values, std::size_t count, double share, double most);

// The pair of rows equally far from opposite ends, before row `end` and from the third on, whose weaker one stands out
// most: how many rows lie outside of it, and how far that stands out. Lines stand out by `above`; `end` is three at
// least, and half of their number at most.
std::pair<std::size_t, float> mirrored_pair(const std::vector<float>& above, std::size_t end);

}  // namespace notcontent
