// The part of notcontent.signals._pdq that the search for views calls (views/).
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "binding.hpp"
#include "distinct.hpp"
#include "masks.hpp"
#include "profiles.hpp"
#include "sides.hpp"

namespace notcontent {
namespace {

using namespace nb::literals;

auto halved(const AnyPlane<std::uint8_t>& luma) {
  const Strided<std::uint8_t> rows = in_rows(luma);
  New<std::uint8_t, 2> smaller({(rows.height + 1) / 2, (rows.width + 1) / 2});
  {
    const nb::gil_scoped_release released;
    halve(rows, smaller.data.get());
  }
  return smaller.given();
}

// Samples, steps and details of a sheet, and those of its transpose.
nb::tuple sheet(const AnyPlane<std::uint8_t>& luma, std::size_t n, float clip) {
  const Strided<std::uint8_t> rows = in_rows(luma);
  if (n == 0 || n > 4096) throw std::invalid_argument("a sample is made of 1 to 4096 times as many");
  const std::size_t height = rows.height / n;
  const std::size_t width = rows.width / n;
  New<float, 2> samples({height, width});
  New<float, 2> steps({height - std::min<std::size_t>(height, 1), width});
  New<float, 1> details({height});
  New<float, 2> turned({width, height});
  New<float, 2> turned_steps({width - std::min<std::size_t>(width, 1), height});
  New<float, 1> turned_details({width});
  {
    const nb::gil_scoped_release released;
    shrink_blocks(rows, n, samples.data.get());
    measure(samples.data.get(), height, width, clip, steps.data.get(), details.data.get());
    transpose(samples.data.get(), height, width, turned.data.get());
    measure(turned.data.get(), width, height, clip, turned_steps.data.get(), turned_details.data.get());
  }
  return nb::make_tuple(samples.given(), steps.given(), details.given(), turned.given(), turned_steps.given(),
                        turned_details.given());
}

using Profile = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

auto ends_that_are_plain(const AnyPlane<float>& plane, float spread, float same_level) {
  const Strided<float> rows = in_rows(plane);
  if (rows.height == 0) throw std::invalid_argument("there is one row at least");
  return plain_ends(rows, spread, same_level);
}

auto runs_that_are_filled(const AnyPlane<float>& plane, float spread, std::size_t gap) {
  return filled_runs(in_rows(plane), spread, gap);
}

// How far rows stand out above those around them.
std::vector<float> standing_rows(const AnyPlane<float>& plane) {
  const Strided<float> rows = in_rows(plane);
  if (rows.height < 8) throw std::invalid_argument("a profile has 8 values");
  std::vector<float> means(rows.height);
  row_means(rows, means.data());
  std::vector<float> above(rows.height);
  standing(means.data(), rows.height, above.data());
  return above;
}

// Peaks of that: how far, and which row.
auto seams(const AnyPlane<float>& plane, float least, std::size_t most) {
  if (most > kLongestSide) throw std::invalid_argument("there are not so many rows");
  return peaks(standing_rows(plane), least, most);
}

auto pair_of_seams(const AnyPlane<float>& plane, std::size_t end) {
  if (end < 3 || end > plane.shape(0) / 2) throw std::invalid_argument("a pair lies on either side of the middle");
  return mirrored_pair(standing_rows(plane), end);
}

auto ends_that_are_soft(const Profile& profile, double share, double most) {
  if (profile.shape(0) < 4) throw std::invalid_argument("a profile has 4 values");
  return soft_ends(profile.data(), profile.shape(0), share, most);
}

std::optional<float> ground(const AnyPlane<float>& plane, float same_ground) {
  const Strided<float> samples = strided(plane);
  if (samples.height < 2 || samples.width < 2) throw std::invalid_argument("a corner has 2 x 2 samples");
  return find_ground(samples, same_ground);
}

nb::tuple exact_region(const AnyPlane<std::uint8_t>& plane, std::size_t top, std::size_t left, std::size_t bottom,
                       std::size_t right, std::size_t n, int clip) {
  const Strided<std::uint8_t> luma = strided(plane);
  if (n == 0 || n > 4096 || bottom > luma.height / n || right > luma.width / n || bottom < 2 || right < 2 ||
      top > bottom - 2 || left > right - 2) {
    throw std::invalid_argument("the region lies outside of the sheet, or is too small");
  }
  const Part found = exact(luma, {top, left, bottom, right}, n, clip);
  return nb::make_tuple(found.top, found.left, found.bottom, found.right);
}

// Of proposals on a sheet, the regions worth a look. `picture`: height and width in its own pixels, and the scale.
std::vector<Corners> distinct_regions(const AnyPlane<std::uint8_t>& plane, const std::array<std::int64_t, 3>& picture,
                                      const std::vector<Corners>& proposed, std::size_t n, int clip,
                                      std::int64_t least_side, double least_area, double same, std::size_t most,
                                      const std::vector<Corners>& seen) {
  const Strided<std::uint8_t> luma = strided(plane);
  if (n == 0 || n > 4096) throw std::invalid_argument("a sample is made of 1 to 4096 times as many");
  const auto fits = [&](std::int64_t side) { return side >= 0 && side <= std::int64_t{kLongestSide} * 8; };
  const auto near = [&](const Corners& each) { return std::all_of(each.begin(), each.end(), fits); };
  if (!std::all_of(picture.begin(), picture.end(), fits)) throw std::invalid_argument("no picture is so large");
  if (!std::all_of(proposed.begin(), proposed.end(), near) || !std::all_of(seen.begin(), seen.end(), near)) {
    throw std::invalid_argument("a region lies outside of any picture");
  }
  const nb::gil_scoped_release released;
  return distinct(luma, {picture[0], picture[1], picture[2]}, proposed, n, clip, {least_side, least_area, same, most},
                  seen);
}

std::optional<std::pair<double, double>> side(const AnyPlane<float>& plane, float level, float same_ground,
                                              double steepest, double near, double agreeing, double least_seen) {
  const Strided<float> samples = strided(plane);
  if (samples.height < 40 || samples.width < 2) throw std::invalid_argument("a side has 40 rows");
  if (!(least_seen > 0)) throw std::invalid_argument("a side is seen at some points");
  const std::optional<Side> found = find_side(samples, level, {same_ground, steepest, near, agreeing, least_seen});
  if (!found) return std::nullopt;
  return std::pair(found->offset, found->slope);
}

constexpr std::size_t kMostSheet = std::size_t{1}
                                   << 22;  // samples, whose levels' squares times their number fit 64 bits

// The likely masks of a sheet: bool[24, 24] each.
nb::list masks(const AnyPlane<float>& plane, float covered, double most) {
  const Strided<float> samples = in_rows(plane);
  if (std::min(samples.height, samples.width) < 2 * kMaskSide) throw std::invalid_argument("a cell has 2 x 2 samples");
  if (samples.height * samples.width > kMostSheet) throw std::invalid_argument("no sheet is so large");
  std::vector<Mask> found;
  {
    const nb::gil_scoped_release released;
    found = find_masks(samples, covered, most);
  }
  nb::list given;
  for (const Mask& mask : found) {
    New<bool, 2> copied({kMaskSide, kMaskSide});
    std::copy(mask.begin(), mask.end(), copied.data.get());
    given.append(copied.given());
  }
  return given;
}

}  // namespace

void bind_views(nb::module_& m) {
  m.def("halved", &halved, "luma"_a.noconvert());
  m.def("sheet", &sheet, "luma"_a.noconvert(), "n"_a, "clip"_a);
  m.def("plain_ends", &ends_that_are_plain, "rows"_a.noconvert(), "spread"_a, "same_level"_a);
  m.def("filled_runs", &runs_that_are_filled, "rows"_a.noconvert(), "spread"_a, "gap"_a);
  m.def("seams", &seams, "rows"_a.noconvert(), "least"_a, "most"_a);
  m.def("pair_of_seams", &pair_of_seams, "rows"_a.noconvert(), "end"_a);
  m.def("soft_ends", &ends_that_are_soft, "profile"_a.noconvert(), "share"_a, "most"_a);
  m.def("ground", &ground, "samples"_a.noconvert(), "same_ground"_a);
  m.def("exact", &exact_region, "luma"_a.noconvert(), "top"_a, "left"_a, "bottom"_a, "right"_a, "n"_a, "clip"_a);
  m.def("distinct", &distinct_regions, "luma"_a.noconvert(), "picture"_a, "proposed"_a, "n"_a, "clip"_a, "least_side"_a,
        "least_area"_a, "same"_a, "most"_a, "seen"_a);
  m.def("side", &side, "samples"_a.noconvert(), "level"_a, "same_ground"_a, "steepest"_a, "near"_a, "agreeing"_a,
        "least_seen"_a);
  m.def("masks", &masks, "samples"_a.noconvert(), "covered"_a, "most"_a);
}

}  // namespace notcontent
