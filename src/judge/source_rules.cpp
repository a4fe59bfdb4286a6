#include "judge/source_rules.h"

#include <algorithm>
#include <set>

#include "base/templates.h"

namespace ka {
namespace {

using Names = std::set<std::string_view>;

/// Reads a table: words with a space, or a line's end, between them.
Names words(std::string_view text, char between = ' ') {
  Names names;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(between, start), text.size());
    names.insert(text.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

const Names kModules = words(
    "torch torch.nn torch.nn.functional torch.nn.init torch.autograd torch.autograd.function torch.cuda triton "
    "triton.language triton.language.math triton.language.extra triton.language.extra.cuda triton.language.extra.libdevice "
    "triton.language.extra.cuda.libdevice triton.tools triton.tools.tensor_descriptor triton.runtime triton.runtime.driver "
    "triton.knobs triton.knobs.runtime math typing");

/// Modules that an import may name. What of them may be used is listed below.
const Names kImports = words(
    "torch torch.nn torch.nn.functional torch.nn.init torch.autograd triton triton.language triton.language.math "
    "triton.language.extra triton.language.extra.libdevice triton.language.extra.cuda triton.language.extra.cuda.libdevice "
    "triton.tools.tensor_descriptor math typing");

const Names kTyping = words(
    "Any Callable Dict Final Iterable Iterator List Literal Mapping NamedTuple Optional Sequence Set Tuple Type TypeAlias "
    "Union");

const Names kFuture = words("annotations division print_function");

const Names kTriton = words(
    "triton.jit triton.autotune triton.heuristics triton.Config triton.cdiv triton.next_power_of_2 triton.set_allocator "
    "triton.constexpr_function triton.knobs.runtime.interpret triton.tools.tensor_descriptor.TensorDescriptor "
    "triton.tools.tensor_descriptor.TensorDescriptor.from_tensor triton.runtime.driver.active.get_current_device "
    "triton.runtime.driver.active.get_current_target triton.runtime.driver.active.get_active_torch_device "
    "triton.runtime.driver.active.utils.get_device_properties");

/// Of triton.language: what computes in a kernel. Inline assembly is not among it.
const Names kLanguage = words(
    "PropagateNan TRITON_MAX_TENSOR_NUMEL abs add advance arange argmax argmin associative_scan assume atomic_add "
    "atomic_and atomic_cas atomic_max atomic_min atomic_or atomic_xchg atomic_xor bfloat16 block_type broadcast "
    "broadcast_to cast cat cdiv ceil clamp const constexpr cos cumprod cumsum debug_barrier device_assert device_print "
    "div_rn dot dot_scaled dtype erf exp exp2 expand_dims fdiv flip float16 float32 float64 float8e4b15 float8e4b8 "
    "float8e4nv float8e5 float8e5b16 floor fma full gather histogram int1 int16 int32 int64 int8 interleave join load "
    "load_tensor_descriptor log log2 make_block_ptr make_tensor_descriptor map_elementwise max max_constancy max_contiguous "
    "maximum min minimum mul multiple_of num_programs pair_uniform_to_normal permute philox philox_impl pi32_t pointer_type "
    "program_id rand rand4x randint randint4x randn randn4x range ravel reduce reshape rsqrt sigmoid sin softmax sort split "
    "sqrt sqrt_rn static_assert static_print static_range store store_tensor_descriptor sub sum swizzle2d tensor "
    "tensor_descriptor topk trans tuple uint16 uint32 uint64 uint8 uint_to_uniform_float umulhi view void where xor_sum "
    "zeros zeros_like");

const Names kPropagateNan = words("ALL NONE");
const Names kLanguageMath = words("abs ceil cos div_rn erf exp exp2 fdiv floor fma log log2 rsqrt sin sqrt sqrt_rn umulhi");

const Names kTorch = words(
    "torch.empty torch.empty_like torch.empty_strided torch.tensor torch.zeros torch.zeros_like torch.ones torch.ones_like "
    "torch.full torch.full_like torch.as_strided torch.Tensor torch.Size torch.device torch.dtype torch.finfo torch.iinfo "
    "torch.is_tensor torch.is_floating_point torch.promote_types torch.result_type torch.strided torch.channels_last "
    "torch.channels_last_3d torch.contiguous_format torch.preserve_format torch.no_grad torch.is_grad_enabled "
    "torch.inference_mode torch.bool torch.uint8 torch.int8 torch.int16 torch.int32 torch.int64 torch.uint16 torch.uint32 "
    "torch.uint64 torch.float16 torch.bfloat16 torch.float32 torch.float64 torch.half torch.float torch.double torch.int "
    "torch.long torch.short torch.float8_e4m3fn torch.float8_e5m2 torch.complex64 torch.complex128 torch.rand torch.randn "
    "torch.rand_like torch.randn_like torch.bernoulli torch.native_dropout torch.autograd.Function "
    "torch.autograd.function.once_differentiable torch.nn.Module torch.nn.Parameter torch.cuda.device "
    "torch.cuda.current_device torch.cuda.device_count torch.cuda.is_available torch.cuda.get_device_properties "
    "torch.cuda.get_device_capability torch.cuda.synchronize torch.version.cuda torch.version.hip");

/// What a constructor also needs: layers (torch.nn.Linear), their initial values (torch.nn.init.zeros_), numbers to start from.
const Names kConstruction = words(
    "torch.tensor torch.arange torch.linspace torch.logspace torch.eye torch.tril torch.triu torch.randint torch.randperm "
    "torch.normal torch.meshgrid torch.stack torch.cat torch.exp torch.log torch.sqrt torch.rsqrt torch.sin torch.cos "
    "torch.pow torch.abs torch.ceil torch.floor torch.ones_like torch.outer torch.chunk torch.nn.Module.__init__");

const Names kMath = words(
    "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs "
    "factorial floor fma fmod frexp fsum gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p "
    "log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau trunc ulp");

/// Device functions: triton.language.extra.libdevice and its CUDA form.
const Names kLibdevice = words(
    "abs acos acosh add_rd add_rn add_ru add_rz asin asinh atan atan2 atanh brev byte_perm cbrt ceil clz copysign cos cosh "
    "cospi cyl_bessel_i0 cyl_bessel_i1 div_rd div_rn div_ru div_rz double2float_rd double2float_rn double2float_ru "
    "double2float_rz double2hiint double2int_rd double2int_rn double2int_ru double2int_rz double2ll_rd double2ll_rn "
    "double2ll_ru double2ll_rz double2loint double2uint_rd double2uint_rn double2uint_ru double2uint_rz double2ull_rd "
    "double2ull_rn double2ull_ru double2ull_rz double_as_longlong erf erfc erfcinv erfcx erfinv exp exp10 exp2 expm1 "
    "fast_cosf fast_dividef fast_exp10f fast_expf fast_log10f fast_log2f fast_logf fast_powf fast_sinf fast_tanf fast_tanhf "
    "fdim ffs finitef float2int_rd float2int_rn float2int_ru float2int_rz float2ll_rd float2ll_rn float2ll_ru float2ll_rz "
    "float2uint_rd float2uint_rn float2uint_ru float2uint_rz float2ull_rd float2ull_rn float2ull_ru float2ull_rz "
    "float_as_int float_as_uint floor fma fma_rd fma_rn fma_ru fma_rz fmod hadd hiloint2double hypot ilogb int2double_rn "
    "int2float_rd int2float_rn int2float_ru int2float_rz int_as_float isfinited isinf isnan j0 j1 jn ldexp lgamma "
    "ll2double_rd ll2double_rn ll2double_ru ll2double_rz ll2float_rd ll2float_rn ll2float_ru ll2float_rz llrint llround log "
    "log10 log1p log2 logb longlong_as_double mul24 mul_rd mul_rn mul_ru mul_rz mulhi nearbyint nextafter norm3d norm4d "
    "normcdf normcdfinv popc pow rcbrt rcp64h rcp_rd rcp_rn rcp_ru rcp_rz remainder rhadd rhypot rint rnorm3d rnorm4d round "
    "rsqrt rsqrt_rn sad saturatef scalbn signbit sin sinh sinpi sqrt sqrt_rd sqrt_rn sqrt_ru sqrt_rz sub_rd sub_rn sub_ru "
    "sub_rz tan tanh tgamma trunc uint2double_rn uint2float_rd uint2float_rn uint2float_ru uint2float_rz uint_as_float "
    "ull2double_rd ull2double_rn ull2double_ru ull2double_rz ull2float_rd ull2float_rn ull2float_ru ull2float_rz y0 y1 yn");

/// Of torch.nn.init.
const Names kInitial = words(
    "calculate_gain constant constant_ dirac dirac_ eye eye_ kaiming_normal kaiming_normal_ kaiming_uniform "
    "kaiming_uniform_ normal normal_ ones_ orthogonal orthogonal_ sparse sparse_ trunc_normal_ uniform uniform_ "
    "xavier_normal xavier_normal_ xavier_uniform xavier_uniform_ zeros_");

/// Layers of torch.nn, which a constructor makes and no forward code calls.
const Names kLayers = words(
    "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveLogSoftmaxWithLoss AdaptiveMaxPool1d AdaptiveMaxPool2d "
    "AdaptiveMaxPool3d AlphaDropout AvgPool1d AvgPool2d AvgPool3d BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d "
    "BatchNorm3d Bilinear Buffer CELU CTCLoss ChannelShuffle CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d "
    "ConstantPad3d Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d CosineEmbeddingLoss "
    "CosineSimilarity CrossEntropyLoss CrossMapLRN2d Dropout Dropout1d Dropout2d Dropout3d ELU Embedding EmbeddingBag "
    "FeatureAlphaDropout Flatten Fold FractionalMaxPool2d FractionalMaxPool3d GELU GLU GRU GRUCell GaussianNLLLoss "
    "GroupNorm Hardshrink Hardsigmoid Hardswish Hardtanh HingeEmbeddingLoss HuberLoss Identity InstanceNorm1d "
    "InstanceNorm2d InstanceNorm3d KLDivLoss L1Loss LPPool1d LPPool2d LPPool3d LSTM LSTMCell LayerNorm LazyBatchNorm1d "
    "LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d "
    "LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear LeakyReLU Linear "
    "LinearCrossEntropyLoss LinearCrossEntropyOptions LocalResponseNorm LogSigmoid LogSoftmax MSELoss MarginRankingLoss "
    "MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Mish ModuleDict ModuleList MultiLabelMarginLoss "
    "MultiLabelSoftMarginLoss MultiMarginLoss MultiheadAttention NLLLoss NLLLoss2d PReLU PairwiseDistance ParameterDict "
    "ParameterList PixelShuffle PixelUnshuffle PoissonNLLLoss RMSNorm RNN RNNBase RNNCell RNNCellBase RReLU ReLU ReLU6 "
    "ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d SELU Sequential "
    "SiLU Sigmoid SmoothL1Loss SoftMarginLoss Softmax Softmax2d Softmin Softplus Softshrink Softsign SyncBatchNorm Tanh "
    "Tanhshrink Threshold Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer "
    "TripletMarginLoss TripletMarginWithDistanceLoss Unflatten Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d "
    "ZeroPad1d ZeroPad2d ZeroPad3d");

const Names kMethods = words(
    "contiguous view view_as reshape reshape_as as_strided expand expand_as transpose permute t squeeze unsqueeze flatten "
    "unflatten narrow select unbind chunk split detach movedim swapaxes swapdims unfold diagonal size stride dim ndimension "
    "numel nelement element_size storage_offset data_ptr is_contiguous is_floating_point is_complex get_device new_empty "
    "new_empty_strided new_zeros new_ones new_full zero_ fill_ copy_ to type_as requires_grad_ clone bernoulli_ uniform_ "
    "normal_ append extend insert pop get items keys values setdefault update clear index count join startswith endswith "
    "lower upper strip add bit_length save_for_backward mark_non_differentiable mark_dirty set_materialize_grads "
    "named_parameters parameters named_buffers buffers");

const Names kConstructorMethods = words(
    "mul_ add_ sub_ div_ pow_ exp_ sqrt_ clamp_ exp log sqrt rsqrt sin cos pow abs sum mean max min prod triu tril float "
    "double half bfloat16 int long bool repeat cumsum masked_fill masked_fill_ type register_buffer "
    "register_parameter add_module trunc_normal_");

/// Facts about tensors, types, devices and layers.
const Names kAttributes = words(
    "shape dtype device ndim is_cuda T mT H mH real imag data requires_grad nbytes itemsize layout is_floating_point "
    "is_complex is_signed min max eps tiny smallest_normal bits resolution type index multi_processor_count major minor "
    "name total_memory warp_size shared_memory_per_block shared_memory_per_block_optin regs_per_multiprocessor "
    "max_threads_per_multi_processor L2_cache_size training weight bias momentum affine track_running_stats running_mean "
    "running_var num_batches_tracked in_features out_features in_channels out_channels kernel_size stride padding "
    "padding_mode output_padding dilation groups num_features num_groups num_channels normalized_shape elementwise_affine "
    "embedding_dim num_embeddings padding_idx max_norm p inplace negative_slope alpha beta dim scale_factor mode size "
    "align_corners return_indices ceil_mode count_include_pad divisor_override output_size lambd threshold value min_val "
    "max_val approximate reduction label_smoothing ignore_index margin in_proj_weight in_proj_bias bias_k bias_v out_proj "
    "embed_dim num_heads head_dim kdim vdim batch_first dropout hidden_size input_size num_layers bidirectional proj_size "
    "weight_ih weight_hh bias_ih bias_hh layers self_attn multihead_attn linear1 linear2 norm norm1 norm2 norm3 dropout1 "
    "dropout2 dropout3 saved_tensors needs_input_grad");

const Names kKernelAttributes = words(
    "to cast shape dtype type element_ty scalar T value numel primitive_bitwidth int_bitwidth is_floating is_fp16 is_bf16 "
    "is_fp32 is_fp64 is_int is_int_signed is_ptr is_block broadcast_to expand_dims reshape ravel view trans permute split "
    "flip gather sum max min argmax argmin xor_sum reduce associative_scan cumsum cumprod sort softmax sigmoid exp exp2 log "
    "log2 sqrt rsqrt sin cos erf abs floor ceil cdiv load store advance atomic_add atomic_max atomic_min atomic_and "
    "atomic_or atomic_xor atomic_xchg atomic_cas logical_and logical_or histogram append");

const Names kBuiltins = words(
    "range len min max abs int float bool str tuple list dict set frozenset sum zip enumerate isinstance issubclass print "
    "super property staticmethod classmethod round pow divmod any all sorted reversed map filter slice iter next repr hash "
    "id type object complex bytes callable Ellipsis NotImplemented NotImplementedError Exception ValueError TypeError "
    "RuntimeError AssertionError KeyError IndexError AttributeError ZeroDivisionError OverflowError ArithmeticError");

const Names kForbiddenNames = words(
    "exec eval compile open __import__ getattr setattr delattr hasattr globals locals vars dir breakpoint input "
    "__builtins__ __loader__ __spec__ memoryview bytearray exit quit help");

/// Of tensors (https://pytorch.org/docs/stable/tensors.html): what runs no operator that a dispatch trace could see. Of Python
/// (https://docs.python.org/3/library/inspect.html, types and members): generators, coroutines, frames, tracebacks, code.
const Names kForbiddenAttributes = words(
    "numpy tolist storage untyped_storage typed_storage _typed_storage apply_ map_ map2_ register_hook "
    "register_post_accumulate_grad_hook share_memory_ module_load as_subclass grad_fn "
    "gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await cr_origin ag_frame ag_code ag_await f_back f_builtins f_code "
    "f_globals f_locals f_trace tb_frame tb_next co_code co_consts func_globals func_code with_traceback mro");

const Names kMachinery = words(
    "__call__ T_destination _call_impl _compiled_call_impl _get_backward_hooks _get_backward_pre_hooks "
    "_load_from_state_dict _named_members _register_load_state_dict_pre_hook _register_state_dict_hook "
    "_replicate_for_data_parallel _save_to_state_dict _slow_forward _version _wrapped_call_impl _parameters _buffers "
    "_backward_pre_hooks _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks_with_kwargs _get_name "
    "_is_full_backward_hook _load_state_dict_post_hooks _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook "
    "_state_dict_hooks _state_dict_pre_hooks "
    "_modules _forward_hooks _forward_pre_hooks _backward_hooks _non_persistent_buffers_set add_module apply bfloat16 "
    "buffers call_super_init children compile cpu cuda double dump_patches eval float get_buffer get_extra_state "
    "get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules "
    "named_parameters parameters register_backward_hook register_buffer register_forward_hook register_forward_pre_hook "
    "register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook "
    "register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train "
    "type xpu zero_grad");

const Names kSyntax = words(
    "aliased_import argument_list as_pattern as_pattern_target assert_statement assignment attribute augmented_assignment "
    "binary_operator block boolean_operator break_statement call class_definition comment comparison_operator "
    "concatenated_string conditional_expression continue_statement decorated_definition decorator default_parameter "
    "delete_statement dictionary dictionary_comprehension dictionary_splat dictionary_splat_pattern dotted_name elif_clause "
    "ellipsis else_clause escape_interpolation escape_sequence except_clause expression_list expression_statement false "
    "finally_clause float for_in_clause for_statement format_expression format_specifier function_definition "
    "future_import_statement generator_expression generic_type global_statement identifier if_clause if_statement "
    "import_from_statement import_statement integer interpolation keyword_argument keyword_separator lambda "
    "lambda_parameters line_continuation list list_comprehension list_pattern list_splat list_splat_pattern module "
    "named_expression none nonlocal_statement not_operator pair parameters parenthesized_expression pass_statement "
    "pattern_list positional_separator raise_statement return_statement set set_comprehension slice string string_content "
    "string_end string_start subscript true try_statement tuple tuple_pattern type type_conversion type_parameter "
    "typed_default_parameter typed_parameter unary_operator union_type while_statement with_clause with_item with_statement");

/// Is `path` one of these names directly below `module`?
bool is_in(std::string_view path, std::string_view module, const Names& names) {
  return path.size() > module.size() && path.starts_with(module) && path[module.size()] == '.' &&
         names.contains(path.substr(module.size() + 1));
}

/// Of triton.language and its libraries of device functions.
bool is_language(std::string_view path) {
  return is_in(path, "triton.language", kLanguage) || is_in(path, "triton.language.PropagateNan", kPropagateNan) ||
         is_in(path, "triton.language.math", kLanguageMath) || is_in(path, "triton.language.extra.libdevice", kLibdevice) ||
         is_in(path, "triton.language.extra.cuda.libdevice", kLibdevice);
}

}  // namespace

bool may_import(std::string_view path) { return kImports.contains(path) || may_name(path, true); }

bool is_module(std::string_view path) { return kModules.contains(path); }

bool may_name(std::string_view path, bool constructing) {
  if (is_in(path, "typing", kTyping) || is_in(path, "math", kMath) || is_in(path, "__future__", kFuture)) return true;
  if (kTriton.contains(path) || is_language(path) || kTorch.contains(path)) return true;
  return constructing &&
         (kConstruction.contains(path) || is_in(path, "torch.nn", kLayers) || is_in(path, "torch.nn.init", kInitial));
}

bool may_name_in_kernel(std::string_view path) {
  return is_language(path) || path == "triton.cdiv" || path == "triton.next_power_of_2" || is_in(path, "math", kMath);
}

bool may_call_method(std::string_view method, bool constructing) {
  return kMethods.contains(method) || (constructing && kConstructorMethods.contains(method));
}

bool may_read_attribute(std::string_view name) {
  for (const std::string_view prefix : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l", "weight_hr_l"}) {
    if (name.starts_with(prefix)) return true;  // of recurrent layers
  }
  return kAttributes.contains(name);
}

bool may_use_in_kernel(std::string_view name) { return kKernelAttributes.contains(name); }

bool is_harmless_builtin(std::string_view name) { return kBuiltins.contains(name); }

bool is_forbidden_name(std::string_view name) { return kForbiddenNames.contains(name); }

bool is_forbidden_attribute(std::string_view name) { return kForbiddenAttributes.contains(name); }

bool is_foreign_attribute(std::string_view name) {
  static const Names kForeign = words(template_text("data/foreign_attributes.txt"), '\n');
  return kForeign.contains(name);
}

bool is_machinery_of_modules(std::string_view name) { return kMachinery.contains(name); }

bool is_known_syntax(std::string_view node_type) { return kSyntax.contains(node_type); }

bool is_plain_option(std::string_view decorator, std::string_view keyword) {
  static const Names kJit = words("do_not_specialize do_not_specialize_on_alignment debug noinline");
  static const Names kAutotune = words("configs key reset_to_zero restore_value warmup rep cache_results");
  static const Names kConfig = words("kwargs num_warps num_stages num_ctas maxnreg");
  if (decorator == "triton.jit") return kJit.contains(keyword);
  if (decorator == "triton.autotune") return kAutotune.contains(keyword);
  if (decorator == "triton.Config") return kConfig.contains(keyword);
  return decorator != "triton.heuristics" || keyword == "values";
}

}  // namespace ka
