import type { SigningKeys } from './signature.ts';

/** Keys of an account of S3. */
export interface S3Credentials extends SigningKeys {
  /**
   * Time at which temporary keys end: shortly before, they are asked for anew. @defaultValue when the server says so
   */
  readonly expiration?: Date | undefined;
}

/** Keys, or a function that gives them; it is asked again when they have expired. */
export type S3CredentialsOption = S3Credentials | (() => S3Credentials | Promise<S3Credentials>);

/** Keys and where they are from, as messages say it. */
export interface FoundCredentials extends S3Credentials {
  readonly from: string;
}
