import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';
import { DanqingError } from '../errors.ts';
import type { DType } from '../tensor/dtype.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { type Dim, equalDims, foldDim, type Shape, showDim } from './dim.ts';
import type { OnnxAttribute, OnnxDialect, OnnxEmitter } from './onnx-emitter.ts';
import {
  type ConstantValue,
  type ElementType,
  type Graph,
  topological,
  type Value,
  type WeightValue,
} from './value.ts';

const OPSET = 21n;
const IR_VERSION = 10n;
const MICROSOFT = 'com.microsoft';

/** Where the bytes of a stored tensor are for the runtime: beside it in a file, or given along with the model. */
export type WeightPlace =
  | { readonly location: string; readonly offset: number; readonly length: number }
  | { readonly bytes: Uint8Array };

/** What a graph becomes when it is written as ONNX. */
export interface EmitOptions {
  readonly dialect: OnnxDialect;
  /** What all is computed in; float32 when absent. */
  readonly precision?: 'f32' | 'f64';
  /** Says where a runtime finds a tensor's bytes. */
  place(entry: TensorEntry): WeightPlace;
}

const STORED: Partial<Record<DType, TensorProto_DataType>> = {
  F32: TensorProto_DataType.FLOAT,
  F16: TensorProto_DataType.FLOAT16,
  BF16: TensorProto_DataType.BFLOAT16,
  F64: TensorProto_DataType.DOUBLE,
  F8_E4M3: TensorProto_DataType.FLOAT8E4M3FN,
  F8_E5M2: TensorProto_DataType.FLOAT8E5M2,
};

type Elements = Readonly<Record<ElementType, TensorProto_DataType>>;

const ELEMENTS: Readonly<Record<'f32' | 'f64', Elements>> = {
  f32: { f32: TensorProto_DataType.FLOAT, i64: TensorProto_DataType.INT64 },
  f64: { f32: TensorProto_DataType.DOUBLE, i64: TensorProto_DataType.INT64 },
};

/**
 * Writes a graph as a serialised ONNX model whose weights stay where `options.place` says.
 * @throws unsupported when a weight is stored in a type that ONNX does not have.
 */
export function emitOnnx(graph: Graph, options: EmitOptions): Uint8Array<ArrayBuffer> {
  const writer = new ModelWriter(graph, options);
  const names = writer.writeAll(Object.values(graph.outputs));
  const outputs = Object.entries(graph.outputs).map(([name, value]) => {
    writer.rename(names.get(value)!, name);
    return valueInfo(name, writer.elements[value.type], value.shape);
  });
  return writer.finish(outputs);
}

class ModelWriter implements OnnxEmitter {
  readonly dialect: OnnxDialect;
  readonly elements: Elements;
  readonly #graph: Graph;
  readonly #options: EmitOptions;
  /** Conversions of stored weights. */
  readonly #casts: NodeProto[] = [];
  readonly #nodes: NodeProto[] = [];
  readonly #tensors: TensorProto[] = [];
  readonly #known = new Map<string, string>();
  /** Types of results: with them a runtime sees which can share memory, and plans a large graph ten times as fast. */
  readonly #shapes = new Map<string, ReturnType<typeof valueInfo>>();
  /** Results of nodes. */
  readonly #made = new Set<string>();
  readonly #finalNames = new Map<string, string>();
  #count = 0;

  constructor(graph: Graph, options: EmitOptions) {
    this.dialect = options.dialect;
    this.elements = ELEMENTS[options.precision ?? 'f32'];
    this.#graph = graph;
    this.#options = options;
  }

  write(value: Value): string {
    return this.writeAll([value]).get(value)!;
  }

  /** Names of the given values and of all that they are made from. */
  writeAll(values: readonly Value[]): ReadonlyMap<Value, string> {
    const names = new Map<Value, string>();
    for (const value of topological(values))
      names.set(
        value,
        this.#value(value, (made) => names.get(made)!),
      );
    return names;
  }

  #value(value: Value, nameOf: (value: Value) => string): string {
    switch (value.kind) {
      case 'input':
        return value.name;
      case 'constant':
        return this.#constant(value);
      case 'weight':
        return this.#weight(value);
      case 'result': {
        const from = value.inputs.map(nameOf);
        const name = value.op.onnx(this, from, value);
        if (!from.includes(name)) this.#shapes.set(name, valueInfo(name, this.elements[value.type], value.shape));
        return name;
      }
    }
  }

  node(type: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.#add(type, '', inputs, attributes);
  }

  microsoft(type: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.#add(type, MICROSOFT, inputs, attributes);
  }

  floats(values: readonly number[] | Float64Array, shape: readonly number[] = []): string {
    const { f32: type } = this.elements;
    const data = type === TensorProto_DataType.DOUBLE ? Float64Array.from(values) : Float32Array.from(values);
    return this.#inline(`f32 ${shape.join()} ${data.join()}`, type, shape, new Uint8Array(data.buffer));
  }

  ints(values: readonly number[]): string {
    return this.#int64(values, [values.length]);
  }

  dim(dim: Dim): string {
    return this.#once(`dim ${showDim(dim)}`, () =>
      foldDim(dim, {
        number: (value) => this.ints([value]),
        symbol: (name) => this.#symbol(name),
        add: (a, b) => this.node('Add', [a, b]),
        multiply: (a, b) => this.node('Mul', [a, b]),
        // ONNX divides integers towards zero; sizes are never negative, so that is the floor.
        floorDivide: (a, by) => this.node('Div', [a, this.ints([by])]),
      }),
    );
  }

  shape(shape: Shape): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.ints(shape);
    return this.#once(`shape ${shape.map(showDim).join()}`, () =>
      this.node(
        'Concat',
        shape.map((dim) => this.dim(dim)),
        { axis: 0 },
      ),
    );
  }

  reshape(name: string, from: Shape, to: Shape): string {
    const target = to.map((dim, axis) => {
      if (typeof dim === 'number') return dim;
      return axis < from.length && equalDims(dim, from[axis]!) ? 0 : -1;
    });
    // 0 copies the input's size at that axis and a single -1 takes what is left; otherwise the sizes are computed.
    const literal = target.filter((size) => size === -1).length <= 1 && !to.includes(0);
    return this.node('Reshape', [name, literal ? this.ints(target) : this.shape(to)]);
  }

  shaped(name: string, shape: Shape): string {
    this.#shapes.set(name, valueInfo(name, this.elements.f32, shape));
    return name;
  }

  /** Gives the result called `from` its final name. */
  rename(from: string, to: string): void {
    // Without a node that copies it, where it is the result of one and has no final name yet.
    if (this.#made.has(from) && !this.#finalNames.has(from)) {
      this.#finalNames.set(from, to);
      return;
    }
    this.#nodes.push(
      create(NodeProtoSchema, { opType: 'Identity', input: [from], output: [to], name: `output ${to}` }),
    );
  }

  finish(output: ReturnType<typeof valueInfo>[]): Uint8Array<ArrayBuffer> {
    const final = (name: string): string => this.#finalNames.get(name) ?? name;
    for (const node of [...this.#casts, ...this.#nodes]) {
      node.input = node.input.map(final);
      node.output = node.output.map(final);
    }
    for (const name of this.#finalNames.keys()) this.#shapes.delete(name);
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'danqing',
      opsetImport: [
        create(OperatorSetIdProtoSchema, { domain: '', version: OPSET }),
        ...(this.dialect === 'onnxruntime'
          ? [create(OperatorSetIdProtoSchema, { domain: MICROSOFT, version: 1n })]
          : []),
      ],
      graph: create(GraphProtoSchema, {
        name: this.#graph.name,
        // ONNX Runtime walks back from the outputs and, where a node has several inputs, computes the one whose node
        // stands last in the list first: a conversion in front of the list runs just before its weight is needed, and
        // not all of them before anything else.
        node: [...this.#casts, ...this.#nodes],
        initializer: this.#tensors,
        input: this.#graph.inputs.map(({ name, type, shape }) => valueInfo(name, this.elements[type], shape)),
        output,
        valueInfo: [...this.#shapes.values()],
      }),
    });
    return toBinary(ModelProtoSchema, model);
  }

  #add(
    type: string,
    domain: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    list = this.#nodes,
  ): string {
    const result = `${type}_${this.#count++}`;
    this.#made.add(result);
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value, this.elements));
    list.push(
      create(NodeProtoSchema, { opType: type, domain, name: result, input: [...inputs], output: [result], attribute }),
    );
    return result;
  }

  #once(key: string, make: () => string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(key, made);
    return made;
  }

  #symbol(name: string): string {
    const holder = this.#graph.inputs.find(({ shape }) => shape.some((dim) => showDim(dim) === name));
    if (holder === undefined) throw new Error(`${this.#graph.name}: no input has the dimension ${name}`);
    const axis = holder.shape.findIndex((dim) => showDim(dim) === name);
    const shape = this.#once(`shape of ${holder.name}`, () => this.node('Shape', [holder.name]));
    return this.node('Gather', [shape, this.ints([axis])], { axis: 0 });
  }

  #constant(value: ConstantValue): string {
    if (value.type === 'i64') return this.#int64(value.data, value.shape);
    return this.floats(value.data, value.shape);
  }

  #int64(values: ArrayLike<number>, shape: readonly number[]): string {
    const data = BigInt64Array.from(Array.from(values, BigInt));
    return this.#inline(
      `i64 ${shape.join()} ${data.join()}`,
      TensorProto_DataType.INT64,
      shape,
      new Uint8Array(data.buffer),
    );
  }

  #inline(
    key: string,
    dataType: TensorProto_DataType,
    shape: readonly number[],
    rawData: Uint8Array<ArrayBuffer>,
  ): string {
    return this.#once(key, () => this.#tensor({ dataType, shape, rawData }));
  }

  #weight({ entry, shape }: WeightValue): string {
    const dataType = STORED[entry.dtype];
    if (dataType === undefined) {
      throw new DanqingError('unsupported', {
        where: entry.name,
        expected: `a weight stored as ${Object.keys(STORED).join(', ')}`,
        found: entry.dtype,
      });
    }
    return this.#once(`weight ${entry.file} ${entry.offset} ${entry.length} ${shape.join()}`, () => {
      const place = this.#options.place(entry);
      const stored =
        'bytes' in place
          ? this.#tensor({ dataType, shape, rawData: place.bytes as Uint8Array<ArrayBuffer> })
          : this.#tensor({
              dataType,
              shape,
              dataLocation: TensorProto_DataLocation.EXTERNAL,
              externalData: Object.entries(place).map(([key, value]) =>
                create(StringStringEntryProtoSchema, { key, value: `${value}` }),
              ),
            });
      if (dataType === this.elements.f32) return stored;
      return this.#add('Cast', '', [stored], { to: this.elements.f32 }, this.#casts);
    });
  }

  #tensor({
    shape,
    ...rest
  }: { dataType: TensorProto_DataType; shape: readonly number[] } & Partial<TensorProto>): string {
    const name = `t${this.#tensors.length}`;
    this.#tensors.push(
      create(TensorProtoSchema, { name, dims: shape.map(BigInt), ...rest } as Parameters<
        typeof create<typeof TensorProtoSchema>
      >[1]),
    );
    return name;
  }
}

function valueInfo(name: string, elemType: TensorProto_DataType, shape: Shape) {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size.text },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  });
}

function attributeOf(name: string, value: OnnxAttribute, elements: Elements): AttributeProto {
  const as = AttributeProto_AttributeType;
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: as.INT, i: BigInt(value) });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: as.STRING, s: new TextEncoder().encode(value) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: as.FLOAT, f: value.float });
  if ('type' in value) return create(AttributeProtoSchema, { name, type: as.INT, i: BigInt(elements[value.type]) });
  return create(AttributeProtoSchema, { name, type: as.INTS, ints: value.map(BigInt) });
}
