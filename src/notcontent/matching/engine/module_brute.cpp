// notcontent.matching._engine: the face that Python sees. Here the parts that look at every row, and the module itself.
#include "arguments.hpp"
#include "brute.hpp"

namespace notcontent {

void bind_mih(nb::module_& m);

namespace {

Answer<std::uint32_t> add_rows(Brute& bank, const RowArray& rows, const std::optional<IdArray>& ids) {
  check_lengths(rows, ids);
  const std::vector<Words> words = plain_rows(rows);
  std::optional<std::vector<std::uint32_t>> given = copied(ids);
  std::vector<std::uint32_t> held;
  {
    nb::gil_scoped_release released;
    held = bank.add(words, std::move(given));
  }
  return answer(std::move(held));
}

std::size_t remove_rows(Brute& bank, const IdArray& ids) {
  const std::vector<std::uint32_t> given = *copied(ids);
  nb::gil_scoped_release released;
  return bank.remove(given);
}

FoundTuple search_bank(const Brute& bank, const RowArray& queries, std::uint32_t radius, unsigned threads) {
  check_search(radius, threads);
  const std::vector<std::uint64_t> words = plain_words(queries);
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
  const std::vector<std::uint64_t> words = plain_words(queries);
  Found found;
  {
    nb::gil_scoped_release released;
    std::vector<Hits> hits = sweep(tiled({blocks.data(), ids.data(), ids.shape(0)}), words, radius, threads, kernels);
    found = in_order(hits, queries.shape(0));
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
      .def(
          "__init__",
          [](Brute* self, std::string_view instruction_set) { new (self) Brute(kernels_named(instruction_set)); },
          "instruction_set"_a)
      .def("__len__", &Brute::size)
      .def("add", &add_rows, "rows"_a.noconvert(), "ids"_a.noconvert().none())
      .def("remove", &remove_rows, "ids"_a.noconvert())
      .def("search", &search_bank, "queries"_a.noconvert(), "radius"_a, "threads"_a);
  bind_mih(m);
}
