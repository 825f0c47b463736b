/** The fields of a network's specification, one entry each, as vm/fields.ts has them for VMs. */
import { z } from 'zod';
import { type Field, type Flagged, flaggedStoredShape, pickFlagged, shapeOf, storedShape } from '../field.ts';
import { impairmentInWords, impairmentSchema } from './impairment.ts';

interface NetworkField<
  Form extends z.ZodType | null,
  Stored extends z.ZodType,
  Shown extends boolean,
  Routed extends boolean,
  Plugged extends boolean,
> extends Field<Form, Stored> {
  /** The API shows it with the network. */
  shown: Shown;
  /** Part of the plan of the slice's router. */
  routed: Routed;
  /** Part of the plan of each port in the network. */
  plugged: Plugged;
}

function field<
  Form extends z.ZodType | null,
  Stored extends z.ZodType,
  Shown extends boolean,
  Routed extends boolean,
  Plugged extends boolean,
>(entry: NetworkField<Form, Stored, Shown, Routed, Plugged>): NetworkField<Form, Stored, Shown, Routed, Plugged> {
  return entry;
}

export const networkFields = {
  /** IPv4 subnet, `a.b.c.d/n` with host bits zero. */
  cidr: field({
    form: z.string().meta({
      description: 'IPv4 subnet; else the lowest free 192.168.N.0/24, kept when the slice is edited',
      example: '192.168.50.0/24',
    }),
    stored: z.string(),
    words: String,
    introduction: (cidr) => cidr,
    shown: true,
    routed: true,
    plugged: false,
  }),
  /** The router's own address, at which its DHCP and DNS answer. */
  gateway: field({
    form: z.string().meta({ description: "The router's address in the subnet; its first by default" }),
    stored: z.string(),
    words: String,
    shown: true,
    routed: true,
    plugged: false,
  }),
  /** True where the network joins exactly two NICs. Written as the two ends. */
  link: field({
    form: null,
    stored: z.boolean(),
    default: false,
    words: String,
    introduction: (link) => (link ? 'link' : null),
    shown: true,
    routed: false,
    plugged: false,
  }),
  /** The slice's router translates addresses towards the outside. */
  internet: field({
    form: z.boolean().meta({ description: 'The router translates addresses towards the outside; false by default' }),
    stored: z.boolean(),
    default: false,
    words: String,
    introduction: (internet) => (internet ? 'internet' : null),
    shown: true,
    routed: true,
    plugged: false,
  }),
  dhcp: field({
    form: z.boolean().meta({ description: 'The router answers DHCP; true by default' }),
    stored: z.boolean(),
    default: true,
    words: String,
    shown: true,
    routed: true,
    plugged: true,
  }),
  /** The impairment of frames on their way to each of its NICs; null for none. Written as `impair`. */
  impairment: field({
    form: null,
    stored: impairmentSchema.nullable(),
    default: null,
    words: impairmentInWords,
    introduction: impairmentInWords,
    shown: false,
    routed: false,
    plugged: true,
  }),
};

type NetworkFields = typeof networkFields;
export type NetworkFieldName = keyof NetworkFields;

/** A network as it is stored. */
export const networkSpecSchema = z.object({ name: z.string(), ...storedShape(networkFields) });
export type NetworkSpec = z.infer<typeof networkSpecSchema>;

/** The part of the specification that the API shows. */
export const shownNetworkShape = shapeOf(networkFields, 'shown');
export const shownOfNetwork = (spec: NetworkSpec): Pick<NetworkSpec, Flagged<NetworkFields, 'shown'>> =>
  pickFlagged(networkFields, 'shown', spec);

/** The fields of each network in a router's plan, unchanged; kept on nodes. */
export const routedShape = flaggedStoredShape(networkFields, 'routed');
type RoutedFields = Pick<NetworkSpec, Flagged<NetworkFields, 'routed'>>;
export const routedOf = (spec: NetworkSpec): RoutedFields => pickFlagged(networkFields, 'routed', spec);

/** The fields of its network in a port's plan, unchanged; kept on nodes. */
export const pluggedShape = flaggedStoredShape(networkFields, 'plugged');
type PluggedFields = Pick<NetworkSpec, Flagged<NetworkFields, 'plugged'>>;
export const pluggedOf = (spec: NetworkSpec): PluggedFields => pickFlagged(networkFields, 'plugged', spec);
