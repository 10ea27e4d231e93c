// notcontent.matching._engine: the face that Python sees.
//
// Whatever Python passes is checked here once more: dtype, number of dimensions, contiguity, row length, ranges.
// Queries and ids are copied before the GIL is released, so that a caller who changes an array meanwhile can
// disturb nobody. The Python faces (brute.py, segment.py) turn refusals into errors of notcontent.errors.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "brute.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace notcontent {
namespace {

using RowArray = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using IdArray = nb::ndarray<const std::uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using BlockArray = nb::ndarray<const std::uint64_t, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
template <class T>
using Answer = nb::ndarray<nb::numpy, T, nb::ndim<1>>;
using FoundTuple = std::tuple<Answer<std::int64_t>, Answer<std::uint32_t>, Answer<std::uint8_t>>;

constexpr unsigned kMaxThreads = 256;

void check_rows(const RowArray& rows) {
  if (rows.shape(1) != kRowBytes) throw std::invalid_argument("rows must be 32 bytes long");
}

void check_search(std::uint32_t radius, unsigned threads) {
  if (radius > kMaxRadius) throw std::invalid_argument("radius must be 0 to 63");
  if (threads < 1 || threads > kMaxThreads) throw std::invalid_argument("threads must be 1 to 256");
}

std::vector<std::uint64_t> query_words(const RowArray& queries) {
  check_rows(queries);
  if (queries.shape(0) > 0xffffffffU) throw std::invalid_argument("too many queries");
  std::vector<std::uint64_t> words(queries.shape(0) * kRowWords);
  if (!words.empty()) std::memcpy(words.data(), queries.data(), words.size() * sizeof(std::uint64_t));
  return words;
}

std::vector<std::uint32_t> copied(const IdArray& ids) { return {ids.data(), ids.data() + ids.shape(0)}; }

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

FoundTuple answer(Found&& found) {
  return {answer(std::move(found.lims)), answer(std::move(found.ids)), answer(std::move(found.distances))};
}

Answer<std::uint32_t> add_rows(Brute& bank, const RowArray& rows, const std::optional<IdArray>& ids) {
  check_rows(rows);
  std::optional<std::vector<std::uint32_t>> given;
  if (ids) {
    if (ids->shape(0) != rows.shape(0)) throw std::invalid_argument("one id a row");
    given = copied(*ids);
  }
  std::vector<std::uint32_t> held;
  {
    nb::gil_scoped_release released;
    held = bank.add(rows.data(), rows.shape(0), std::move(given));
  }
  return answer(std::move(held));
}

std::size_t remove_rows(Brute& bank, const IdArray& ids) {
  const std::vector<std::uint32_t> given = copied(ids);
  nb::gil_scoped_release released;
  return bank.remove(given);
}

FoundTuple search_bank(const Brute& bank, const RowArray& queries, std::uint32_t radius, unsigned threads) {
  check_search(radius, threads);
  const std::vector<std::uint64_t> words = query_words(queries);
  Found found;
  {
    nb::gil_scoped_release released;
    found = bank.search(words, radius, threads);
  }
  return answer(std::move(found));
}

FoundTuple search_blocks(const BlockArray& blocks, const IdArray& ids, const RowArray& queries, std::uint32_t radius,
                         unsigned threads, std::string_view instruction_set) {
  check_search(radius, threads);
  if (blocks.shape(1) != kRowWords || blocks.shape(2) != kBlockRows || blocks.shape(0) != blocks_for(ids.shape(0))) {
    throw std::invalid_argument("blocks and ids do not fit each other");
  }
  if (reinterpret_cast<std::uintptr_t>(blocks.data()) % alignof(std::uint64_t) != 0 ||
      reinterpret_cast<std::uintptr_t>(ids.data()) % alignof(std::uint32_t) != 0) {
    throw std::invalid_argument("blocks and ids must be aligned");
  }
  const Kernels& kernels = kernels_named(instruction_set);
  const std::vector<std::uint64_t> words = query_words(queries);
  Found found;
  {
    nb::gil_scoped_release released;
    found = search(tiled({blocks.data(), ids.data(), ids.shape(0)}), words, radius, threads, kernels);
  }
  return answer(std::move(found));
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const Kernels* each : available_kernels()) names.emplace_back(each->name);
  return names;
}

}  // namespace
}  // namespace notcontent

NB_MODULE(_engine, m) {
  using namespace notcontent;
  nb::exception<DuplicateId>(m, "DuplicateId", PyExc_ValueError);

  m.def("instruction_sets", &instruction_sets);
  m.def("search_blocks", &search_blocks, "blocks"_a.noconvert(), "ids"_a.noconvert(), "queries"_a.noconvert(),
        "radius"_a, "threads"_a, "instruction_set"_a);

  nb::class_<Brute>(m, "Brute")
      .def("__init__",
           [](Brute* self, std::string_view instruction_set) { new (self) Brute(kernels_named(instruction_set)); },
           "instruction_set"_a)
      .def("__len__", &Brute::size)
      .def("add", &add_rows, "rows"_a.noconvert(), "ids"_a.noconvert().none())
      .def("remove", &remove_rows, "ids"_a.noconvert())
      .def("search", &search_bank, "queries"_a.noconvert(), "radius"_a, "threads"_a);
}
