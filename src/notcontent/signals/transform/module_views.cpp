// The part of notcontent.signals._pdq that the search for views calls (views/).
#include "binding.hpp"

#include <algorithm>

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

// Samples, steps and bends of a sheet, and those of its transpose.
nb::tuple sheet(const AnyPlane<std::uint8_t>& luma, std::size_t n, float clip) {
  const Strided<std::uint8_t> rows = in_rows(luma);
  if (n == 0 || n > 4096) throw std::invalid_argument("a sample is made of 1 to 4096 times as many");
  const std::size_t height = rows.height / n;
  const std::size_t width = rows.width / n;
  New<float, 2> samples({height, width});
  New<float, 2> steps({height - std::min<std::size_t>(height, 1), width});
  New<float, 2> bends({height, width - std::min<std::size_t>(width, 2)});
  New<float, 2> turned({width, height});
  New<float, 2> turned_steps({width - std::min<std::size_t>(width, 1), height});
  New<float, 2> turned_bends({width, height - std::min<std::size_t>(height, 2)});
  {
    const nb::gil_scoped_release released;
    shrink_blocks(rows, n, samples.data.get());
    measure(samples.data.get(), height, width, clip, steps.data.get(), bends.data.get());
    transpose(samples.data.get(), height, width, turned.data.get());
    measure(turned.data.get(), width, height, clip, turned_steps.data.get(), turned_bends.data.get());
  }
  return nb::make_tuple(samples.given(), steps.given(), bends.given(), turned.given(), turned_steps.given(),
                        turned_bends.given());
}

nb::tuple plain(const AnyPlane<float>& plane, float spread) {
  const Strided<float> rows = in_rows(plane);
  New<float, 1> means({rows.height});
  New<bool, 1> marks({rows.height});
  plain_rows(rows, spread, means.data.get(), marks.data.get());
  return nb::make_tuple(means.given(), marks.given());
}

auto means_of_rows(const AnyPlane<float>& plane) {
  const Strided<float> rows = in_rows(plane);
  New<float, 1> means({rows.height});
  row_means(rows, means.data.get());
  return means.given();
}

using Profile = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

auto standing_of(const Profile& profile) {
  if (profile.shape(0) < 8) throw std::invalid_argument("a profile has 8 values");
  New<float, 1> above({profile.shape(0)});
  standing(profile.data(), profile.shape(0), above.data.get());
  return above.given();
}

std::size_t sharpest_line(const AnyPlane<std::uint8_t>& plane, std::size_t line, std::size_t n, int clip) {
  const Strided<std::uint8_t> rows = strided(plane);
  if (line == 0 || line >= rows.height) throw std::invalid_argument("a line lies between two rows");
  return sharpest(rows, line, n, clip);
}

}  // namespace

void bind_views(nb::module_& m) {
  m.def("halved", &halved, "luma"_a.noconvert());
  m.def("sheet", &sheet, "luma"_a.noconvert(), "n"_a, "clip"_a);
  m.def("plain_rows", &plain, "rows"_a.noconvert(), "spread"_a);
  m.def("row_means", &means_of_rows, "rows"_a.noconvert());
  m.def("standing", &standing_of, "profile"_a.noconvert());
  m.def("sharpest", &sharpest_line, "rows"_a.noconvert(), "line"_a, "n"_a, "clip"_a);
}

}  // namespace notcontent
