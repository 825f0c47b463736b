/** XML as plain data, and its conversion to and from text: XML is never concatenated from strings. */
import { DOMImplementation, DOMParser, type Document, type Element, XMLSerializer } from '@xmldom/xmldom';
import { CroftError } from '../../../model/error.ts';

export interface Xml {
  /** With a prefix where it has one. */
  name: string;
  /** Null for an element without text of its own. */
  namespace: string | null;
  attributes: Readonly<Record<string, string>>;
  children: readonly Xml[];
  /** All text directly in it. */
  text: string;
}

type Content = Xml | string | null | readonly (Xml | null)[];

/** One element. Attributes and children that are null are left out. */
export function xml(name: string, attributes: Record<string, string | number | null> = {}, ...content: Content[]): Xml {
  const given = Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]]));
  const children = content.flatMap((one) => (typeof one === 'string' || one === null ? [] : one)).filter((one): one is Xml => one !== null);
  const text = content.filter((one) => typeof one === 'string').join('');
  return { name, namespace: null, attributes: Object.fromEntries(given), children, text };
}

export function writeXml(root: Xml): string {
  const document = new DOMImplementation().createDocument(null, '');
  document.appendChild(elementOf(document, root));
  return new XMLSerializer().serializeToString(document);
}

function elementOf(document: Document, { name, namespace, attributes, children, text }: Xml): Element {
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== '') element.appendChild(document.createTextNode(text));
  for (const child of children) element.appendChild(elementOf(document, child));
  return element;
}

/** Throws `command.failed` for text that is no XML. */
export function readXml(text: string): Xml {
  try {
    const onError = (level: string, message: string): void => {
      if (level !== 'warning') throw new Error(message);
    };
    const root = new DOMParser({ onError }).parseFromString(text, 'text/xml').documentElement;
    if (root === null) throw new Error('it is empty');
    return treeOf(root);
  } catch (thrown) {
    throw new CroftError('command.failed', `libvirt printed something else than XML: ${(thrown as Error).message}`, { cause: thrown });
  }
}

function treeOf(element: Element): Xml {
  const nodes = [...element.childNodes];
  return {
    name: element.nodeName,
    namespace: element.namespaceURI,
    attributes: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
    children: nodes.filter((node): node is Element => node.nodeType === node.ELEMENT_NODE).map(treeOf),
    text: nodes
      .filter((node) => node.nodeType === node.TEXT_NODE)
      .map((node) => node.nodeValue ?? '')
      .join(''),
  };
}

/** The first element at a path of names below this one. */
export function find(root: Xml | undefined, ...path: string[]): Xml | undefined {
  return path.reduce<Xml | undefined>((at, name) => at?.children.find((child) => child.name === name), root);
}
