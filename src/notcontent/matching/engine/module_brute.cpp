// notcontent.matching._engine: the face that Python sees. Here the parts that look at every row, and the module itself.
#include "bank_calls.hpp"
#include "brute.hpp"
#include "native/instruction_sets.hpp"

namespace notcontent {

void bind_mih(nb::module_& m);

namespace {

std::vector<std::string> instruction_sets() { return names_of(available_kernels()); }

}  // namespace
}  // namespace notcontent

NB_MODULE(_engine, m) {
  using namespace notcontent;
  nb::set_leak_warnings(
      false);  // an index may live until the interpreter ends, and a service's log holds its own lines alone
  nb::exception<DuplicateId>(m, "DuplicateId", PyExc_ValueError);

  m.def("instruction_sets", &instruction_sets);

  nb::class_<Brute>(m, "Brute")
      .def(
          "__init__",
          [](Brute* self, std::string_view instruction_set) { new (self) Brute(kernels_named(instruction_set)); },
          "instruction_set"_a)
      .def("__len__", &Brute::size)
      .def("add", &add_rows<Brute, plain_rows>, "rows"_a.noconvert(), "ids"_a.noconvert().none())
      .def("remove", &remove_rows<Brute>, "ids"_a.noconvert())
      .def("search", &search_bank<Brute, plain_words>, "queries"_a.noconvert(), "radius"_a.noconvert(),
           "threads"_a.noconvert());
  bind_mih(m);
}
