// What Python passes, checked once more: dtype, dimensions, contiguity, row length, ranges. And what it gets back.
//
// Queries, rows and ids are copied before the GIL is released, so that a caller who changes an array meanwhile can
// disturb nobody. The Python faces (brute.py, mih.py) turn refusals into errors of notcontent.errors.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>

#include "permute.hpp"
#include "search.hpp"
#include "weighted.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace notcontent {

using RowArray = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using IdArray = nb::ndarray<const std::uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using WeightArray = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Answer = nb::ndarray<nb::numpy, T, nb::ndim<1>>;
using FoundTuple = std::tuple<Answer<std::int64_t>, Answer<std::uint32_t>, Answer<std::uint8_t>>;
using ScoredTuple = std::tuple<Answer<std::int64_t>, Answer<std::uint32_t>, Answer<float>>;

// Each throws std::invalid_argument for what it cannot take.
void check_threads(unsigned threads);
void check_search(std::uint32_t radius, unsigned threads);
void check_lengths(const RowArray& rows, const std::optional<IdArray>& ids);

// Four words a row, one row after the other: as they are, or in the engine's order of bits.
std::vector<std::uint64_t> plain_words(const RowArray& rows);
std::vector<std::uint64_t> permuted_words(const RowArray& rows);
std::vector<Words> plain_rows(const RowArray& rows);
std::vector<Words> permuted_rows(const RowArray& rows);
std::vector<WeightedQuery> weighted_queries(const RowArray& values, const WeightArray& log_odds);

std::optional<std::vector<std::uint32_t>> copied(const std::optional<IdArray>& ids);

// Hand a vector's memory to NumPy without copying it.
template <class T>
Answer<T> answer(std::vector<T>&& values) {
  auto kept = std::make_unique<std::vector<T>>(std::move(values));
  T* data = kept->data();
  const std::size_t shape[1] = {kept->size()};
  nb::capsule owner(kept.get(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  kept.release();
  return Answer<T>(data, 1, shape, owner);
}

// None for one query that met nothing: the commonest answer by far, and three arrays cost as much as a small search.
inline std::optional<FoundTuple> answer(Found&& found) {
  if (found.lims.size() == 2 && found.ids.empty()) return std::nullopt;
  return FoundTuple{answer(std::move(found.lims)), answer(std::move(found.ids)), answer(std::move(found.distances))};
}

inline ScoredTuple answer(Scored&& scored) {
  return {answer(std::move(scored.lims)), answer(std::move(scored.ids)), answer(std::move(scored.scores))};
}

}  // namespace notcontent
